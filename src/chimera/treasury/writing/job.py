"""Work for the writer, and how its answer goes back to whoever waits for it."""

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from uuid import UUID

from chimera.core.errors import ChimeraError
from chimera.treasury.acts.act import Act
from chimera.treasury.ask import Ask


class DecidedAnswer(NamedTuple):
    """The decision on a request, as its row tells it; `remaining` in cents for day, week, month."""

    tx_id: UUID
    seq: int
    approved: bool
    reason: str
    risk_hundredths: int
    signature: str
    remaining: tuple[int, int, int]
    conditions: tuple[str, ...]
    execution_time_ms: int


class ActAnswer(NamedTuple):
    """The row that an act added, or had added before; None where there was nothing to do."""

    tx_id: UUID | None


Given = DecidedAnswer | ActAnswer | ChimeraError


class Delivery(Protocol):
    """Takes the answers of a batch, in the writer's thread."""

    def deliver(self, answers: Sequence[tuple["Job", Given]]) -> None: ...


@dataclass(slots=True, eq=False)
class Job:
    """`received_at` is the monotonic second of the call; `hold_seconds` asks for a hold instead of a plain approval."""

    work: Ask | Act
    hold_seconds: int | None
    received_at: float
    delivery: Delivery
    ticket: object
    tries: int = 0


class LoopDelivery:
    """Answers futures of one event loop; a batch wakes it once."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop

    def deliver(self, answers: Sequence[tuple[Job, Given]]) -> None:
        # A loop that was closed meanwhile has nobody left who waits.
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(_settle_futures, answers)


def _settle_futures(answers: Sequence[tuple[Job, Given]]) -> None:
    for job, given in answers:
        future = job.ticket
        if not isinstance(future, asyncio.Future) or future.done():
            continue
        if isinstance(given, ChimeraError):
            future.set_exception(given)
        else:
            future.set_result(given)


class BlockingDelivery:
    """Collects the answers of one call that waits in a thread; a job's ticket is its place."""

    def __init__(self, count: int) -> None:
        self.answers: list[Given | None] = [None] * count
        self._left = count
        self._done = threading.Event()

    def deliver(self, answers: Sequence[tuple[Job, Given]]) -> None:
        for job, given in answers:
            if isinstance(job.ticket, int):
                self.answers[job.ticket] = given
                self._left -= 1
        if not self._left:
            self._done.set()

    def wait(self, seconds: float) -> bool:
        """Whether every answer came in time."""
        return self._done.wait(seconds)
