"""Waits until a piece may go out: a coroutine each, and one listening connection for all of a process.

The time stands in the piece's row: a notice only wakes who waits for it, and one that was lost costs a look's interval.
Whoever lets a piece go marks it released first; from then on no plan can change, and a repeated wait returns at once.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

import structlog
from psycopg import Error, OperationalError

from chimera.core.background import beside
from chimera.core.clock import Clock
from chimera.core.errors import Conflict, EngineUnavailable, NotFound
from chimera.core.vocabulary import Stage
from chimera.storage.database import Database
from chimera.storage.notices import PUBLICATION_PLAN, Notices, listening
from chimera.storage.records import publication_plan
from chimera.storage.records.publication_plan import PlanRecord, Standing

LOOK_EVERY_SECONDS = 5.0
"""The safety net below the notices, and how late a clock that was set is noticed."""
WAIT_SECONDS_MIN = 0.01
STUDIO = "studio"
"""Who releases what nobody had planned."""
_HEAR_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class Gate(Protocol):
    """What is needed of the studio's halt."""

    def halted(self) -> bool: ...

    async def passed(self) -> None: ...


@dataclass(eq=False, slots=True)
class _Waiter:
    content_id: UUID
    #: What it waits by; the look for all compares its version and stage.
    seen: Standing | None = None
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Timetable:
    """Who waits in this process for which piece's time."""

    def __init__(
        self, database: Database, clock: Clock, halt: Gate, look_every_seconds: float = LOOK_EVERY_SECONDS
    ) -> None:
        self._database = database
        self._clock = clock
        self._halt = halt
        self._look_every_seconds = look_every_seconds
        self._waiting: set[_Waiter] = set()
        self._needed = asyncio.Event()

    async def due(self, content_id: UUID) -> None:
        """Return once the piece may go out: at its time, at once where none is set, never while the studio is halted.

        A piece that is kept back waits until it is scheduled again. Holds nothing while it waits. When it returns the
        piece is released, and so it is when asked again after a kill.

        Raises:
            NotFound, Conflict: the piece is gone, or failed meanwhile.
        """
        with self._waiter(content_id) as waiter:
            while True:
                await self._halt.passed()
                if await self._look(waiter):
                    return
                await self._wait(waiter)

    async def _look(self, waiter: _Waiter) -> bool:
        """Read the piece's time; release it if that has come. False while it waits, or the database can't be read."""
        waiter.woken.clear()
        try:
            async with self._database.transaction() as connection:
                found = await publication_plan.standing(connection, [waiter.content_id])
                waiter.seen = seen = _open(waiter.content_id, found)
                if seen.state == "released":
                    return True
                if self._halt.halted() or not self._has_come(seen):
                    return False
                now = self._clock.now()
                released = PlanRecord(seen.content_id, seen.publish_at or now, "released", 1, STUDIO, now)
                return await publication_plan.put(connection, released, over_version=seen.version) is not None
        except (EngineUnavailable, OperationalError) as failure:
            _log.warning("publication_plan_not_read", content_id=str(waiter.content_id), error=str(failure))
            waiter.seen = None
            return False

    def _has_come(self, seen: Standing) -> bool:
        if seen.state is None:
            return True
        return seen.state == "planned" and seen.publish_at is not None and self._clock.now() >= seen.publish_at

    async def _wait(self, waiter: _Waiter) -> None:
        """Until the plan may have changed, or its time has come by a clock that may be set back and forth."""
        seen = waiter.seen
        if seen is None:
            await self._woken(waiter, self._look_every_seconds)
            return
        while not (waiter.woken.is_set() or self._has_come(seen)):
            seconds = self._look_every_seconds
            if seen.state == "planned" and seen.publish_at is not None:
                left = (seen.publish_at - self._clock.now()).total_seconds()
                seconds = min(seconds, max(left, WAIT_SECONDS_MIN))
            await self._woken(waiter, seconds)

    @staticmethod
    async def _woken(waiter: _Waiter, seconds_max: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds_max):
                await waiter.woken.wait()

    @contextmanager
    def _waiter(self, content_id: UUID) -> Iterator[_Waiter]:
        waiter = _Waiter(content_id)
        self._waiting.add(waiter)
        self._needed.set()
        try:
            yield waiter
        finally:
            self._waiting.discard(waiter)

    async def listen(self, database_url: str) -> None:
        """Hear of changed plans for ever, connected only while somebody waits."""
        while True:
            await self._needed.wait()
            self._needed.clear()
            try:
                async with listening(database_url, PUBLICATION_PLAN) as next_notice:
                    await self._follow(next_notice)
            except (Error, TimeoutError) as error:
                _log.warning("plans_not_heard", error=str(error))
                self._needed.set()
                await asyncio.sleep(self._look_every_seconds)

    async def _follow(self, next_notice: Notices) -> None:
        looked_at: float | None = None
        while self._waiting:
            if looked_at is None or self._clock_seconds() - looked_at >= self._look_every_seconds:
                looked_at = self._clock_seconds()
                await self._look_for_all(next_notice)
            payload = await next_notice(min(_HEAR_SECONDS, self._look_every_seconds))
            for waiter in self._waiting:
                if payload == str(waiter.content_id):
                    waiter.woken.set()

    async def _look_for_all(self, notices: Notices) -> None:
        """One query for every waiter: those wake whose plan or stage is another than they wait by."""
        async with asyncio.timeout(self._look_every_seconds + _HEAR_SECONDS):
            rows = await publication_plan.standing(notices.connection, {waiter.content_id for waiter in self._waiting})
        found = {row.content_id: row for row in rows}
        for waiter in self._waiting:
            if waiter.seen != found.get(waiter.content_id):
                waiter.woken.set()

    @staticmethod
    def _clock_seconds() -> float:
        return asyncio.get_running_loop().time()


def _open(content_id: UUID, found: list[Standing]) -> Standing:
    if not found:
        raise NotFound(f"there is no content piece {content_id}", {"content_id": str(content_id)})
    if found[0].stage == Stage.FAILED:
        raise Conflict(f"content {content_id} was given up while it waited: it does not go out", {"stage": "failed"})
    return found[0]


@asynccontextmanager
async def open_timetable(database: Database, clock: Clock, halt: Gate) -> AsyncIterator[Timetable]:
    """A timetable that hears of changes as long as the block lasts."""
    timetable = Timetable(database, clock, halt)
    async with beside(timetable.listen(database.url), "notices of plans"):
        yield timetable
