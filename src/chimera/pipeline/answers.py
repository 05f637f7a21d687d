"""Waits for people's answers to escalated requests: a coroutine each, and one listening connection for all of them.

The answer is read from the ledger. A notice only wakes who waits for it; one that was lost costs a look's interval.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Protocol
from uuid import UUID

import structlog
from psycopg import OperationalError

from chimera.contracts.escalation import Escalation
from chimera.core.background import beside
from chimera.core.clock import Clock
from chimera.core.errors import EngineUnavailable
from chimera.storage.notices import ESCALATION_ANSWERED, listening

LOOK_EVERY_SECONDS = 5.0
"""The safety net below the notices."""
WAITING = "waiting"
_HEAR_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class Escalations(Protocol):
    """What is needed of the CFO."""

    async def escalation(self, tx_id: UUID) -> Escalation: ...


Sweep = Callable[[], Awaitable[object]]
"""Lets expire whose time is over, as far as it is this process's to do."""


class Answers:
    """Who waits for which answer in this process."""

    def __init__(
        self,
        escalations: Escalations,
        sweep: Sweep,
        clock: Clock,
        look_every_seconds: float = LOOK_EVERY_SECONDS,
    ) -> None:
        self._escalations = escalations
        self._sweep = sweep
        self._clock = clock
        self._look_every_seconds = look_every_seconds
        self._waiting: dict[asyncio.Event, UUID] = {}
        self._needed = asyncio.Event()

    async def answered(self, tx_id: UUID) -> Escalation:
        """The escalation once a person has answered it, or its time is over. Holds nothing while it waits.

        Raises:
            NotFound: there is no such escalation.
        """
        with self._woken(tx_id) as woken:
            while (found := await self._look(tx_id)) is None or found.state == WAITING:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._look_every_seconds):
                        await woken.wait()
                woken.clear()
        return found

    async def _look(self, tx_id: UUID) -> Escalation | None:
        """The escalation as it stands; None while the ledger can't be reached."""
        try:
            found = await self._escalations.escalation(tx_id)
            if found.state == WAITING and self._clock.now() >= found.expires_at:
                await self._sweep()
                found = await self._escalations.escalation(tx_id)
        except EngineUnavailable as failure:
            _log.warning("escalation_not_read", tx_id=str(tx_id), error=failure.message)
            return None
        return found

    @contextmanager
    def _woken(self, tx_id: UUID) -> Iterator[asyncio.Event]:
        woken = asyncio.Event()
        self._waiting[woken] = tx_id
        self._needed.set()
        try:
            yield woken
        finally:
            del self._waiting[woken]

    def _wake(self, payload: str | None = None) -> None:
        """Let those look again that the notice is about; all of them, if it names none."""
        for woken, tx_id in self._waiting.items():
            if payload is None or payload == str(tx_id):
                woken.set()

    async def listen(self, database_url: str) -> None:
        """Hear notices for ever, connected only while somebody waits."""
        while True:
            await self._needed.wait()
            self._needed.clear()
            try:
                await self._listen_while_needed(database_url)
            except OperationalError as error:
                _log.warning("notices_not_heard", error=str(error))
                self._needed.set()
                await asyncio.sleep(self._look_every_seconds)

    async def _listen_while_needed(self, database_url: str) -> None:
        async with listening(database_url, ESCALATION_ANSWERED) as next_notice:
            self._wake()  # what was answered before we heard
            while self._waiting:
                if (payload := await next_notice(_HEAR_SECONDS)) is not None:
                    self._wake(payload)


@asynccontextmanager
async def open_answers(
    escalations: Escalations, sweep: Sweep, clock: Clock, database_url: str
) -> AsyncIterator[Answers]:
    """Answers whose listener runs as long as the block lasts."""
    answers = Answers(escalations, sweep, clock)
    async with beside(answers.listen(database_url), "notices of answers"):
        yield answers
