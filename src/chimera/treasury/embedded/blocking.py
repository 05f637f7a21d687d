"""The embedded CFO for programs without asyncio: an event loop in a thread of its own, and the same methods."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from chimera.contracts.budget import BudgetState
from chimera.contracts.ledger import LedgerEntry
from chimera.contracts.spending import OpenHold
from chimera.core.errors import InternalError
from chimera.core.vocabulary import RequestType
from chimera.treasury.embedded.amounts import Amount
from chimera.treasury.embedded.cfo import HOLD_FOR, Agent, EmbeddedCfo
from chimera.treasury.embedded.hold import NOTHING_SPENT, Hold

Result = TypeVar("Result")
Opened = tuple[EmbeddedCfo, asyncio.AbstractEventLoop, asyncio.Event]
Opening = Callable[[], AbstractAsyncContextManager[EmbeddedCfo]]


class LoopThread:
    """An event loop in a thread of its own, with a CFO open in it."""

    def __init__(self, opening: Opening) -> None:
        """Raises: whatever the opening raises."""
        self._opening = opening
        self._opened: Future[Opened] = Future()
        pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedded-cfo")
        self._living = pool.submit(lambda: asyncio.run(self._live()))
        pool.shutdown(wait=False)
        self._living.add_done_callback(self._never_opened)
        try:
            self.cfo, self._loop, _ = self._opened.result()
        except BaseException:
            self._opened.add_done_callback(_stop)
            raise

    def run(self, work: Coroutine[None, None, Result]) -> Result:
        """What the work gives; interrupted here, it is cancelled there."""
        waiting = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return waiting.result()
        except BaseException:
            waiting.cancel()
            raise

    def close(self) -> None:
        """Wait until everything is written and closed."""
        _stop(self._opened)
        self._living.result()

    def _never_opened(self, living: Future[None]) -> None:
        if not self._opened.done():
            self._opened.set_exception(living.exception() or InternalError("the CFO was closed before it was open"))

    async def _live(self) -> None:
        stop = asyncio.Event()
        async with self._opening() as cfo:
            self._opened.set_result((cfo, asyncio.get_running_loop(), stop))
            await stop.wait()


def _stop(opened: Future[Opened]) -> None:
    if opened.exception() is None:
        _, loop, stop = opened.result()
        loop.call_soon_threadsafe(stop.set)


class BlockingCfo:
    """`EmbeddedCfo` with methods that wait; may be used by several threads at once."""

    def __init__(self, thread: LoopThread) -> None:
        self._thread = thread
        self._cfo = thread.cfo

    def register(self, name: str) -> Agent:
        """As `EmbeddedCfo.register`."""
        return self._thread.run(self._cfo.register(name))

    @contextmanager
    def spending(
        self,
        agent: Agent,
        at_most: Amount,
        request_type: RequestType | str = RequestType.API_CALL,
        *,
        roi: Amount,
        why: str,
        request_id: UUID | str | None = None,
        hold_for: timedelta = HOLD_FOR,
        accept_less: bool = False,
    ) -> Iterator[Hold]:
        """As `EmbeddedCfo.spending`."""
        hold = self._cfo.spending(
            agent,
            at_most,
            request_type,
            roi=roi,
            why=why,
            request_id=request_id,
            hold_for=hold_for,
            accept_less=accept_less,
        )
        self._thread.run(hold.__aenter__())
        try:
            yield hold
        except BaseException as error:
            self._thread.run(hold.__aexit__(type(error), error, error.__traceback__))
            raise
        self._thread.run(hold.__aexit__(None, None, None))

    def settle(self, request_id: UUID | str, spent: Amount) -> LedgerEntry:
        """As `EmbeddedCfo.settle`."""
        return self._thread.run(self._cfo.settle(request_id, spent))

    def void(self, request_id: UUID | str, reason: str = NOTHING_SPENT) -> LedgerEntry:
        """As `EmbeddedCfo.void`."""
        return self._thread.run(self._cfo.void(request_id, reason))

    def unsettled(self) -> tuple[OpenHold, ...]:
        """As `EmbeddedCfo.unsettled`."""
        return self._thread.run(self._cfo.unsettled())

    def budgets(self) -> tuple[BudgetState, ...]:
        """As `EmbeddedCfo.budgets`."""
        return self._thread.run(self._cfo.budgets())
