"""Whether the studio is halted: every process looks once a second, and at once when a notice tells of a change.

While the database can't be read the studio counts as halted: no step could be kept then anyway.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from psycopg import Error

from chimera.core.background import beside
from chimera.core.errors import EngineUnavailable, StudioHalted
from chimera.core.progress import Progress, ProgressEvent, silent
from chimera.storage.notices import STUDIO_HALT, Notices, listening
from chimera.storage.records import studio_halt
from chimera.storage.records.studio_halt import HaltRecord

LOOK_EVERY_SECONDS = 1.0
LOOK_SECONDS_MAX = 5.0
OPEN_SECONDS_MAX = 15.0
STEP = "halt"
"""What the halt is called among the progress of pieces."""

_log = structlog.get_logger(__name__)


class Halt:
    """The studio's halt as this process knows it. Nothing passes before the first look."""

    def __init__(
        self, database_url: str, tell: Progress = silent, look_every_seconds: float = LOOK_EVERY_SECONDS
    ) -> None:
        self._database_url = database_url
        self._tell = tell
        self._look_every_seconds = look_every_seconds
        self._standing: HaltRecord | None = None
        self._looked = asyncio.Event()
        self._free = asyncio.Event()

    def halted(self) -> bool:
        """Whether nothing may begin now: a halt stands, or it is not known whether one does."""
        return not self._free.is_set()

    async def passed(self) -> None:
        """Return at once, or when the studio is no longer halted. Holds nothing while it waits."""
        while self.halted():
            await self._free.wait()

    def require_free(self) -> None:
        """Return unless the studio is halted.

        Raises:
            StudioHalted: it is; the message tells who halted it and why.
        """
        if self.halted():
            raise refusal_of(self._standing)

    async def run(self) -> None:
        """Follow the halt until cancelled."""
        while True:
            try:
                async with listening(self._database_url, STUDIO_HALT) as next_notice:
                    await self._follow(next_notice)
            except (Error, TimeoutError) as error:
                if not self.halted():
                    _log.warning("halt_not_known", error=str(error))
                self._free.clear()
                await asyncio.sleep(self._look_every_seconds)

    async def first_look(self) -> None:
        """Return once it is known whether the studio is halted."""
        await self._looked.wait()

    async def _follow(self, next_notice: Notices) -> None:
        while True:
            async with asyncio.timeout(LOOK_SECONDS_MAX):
                standing = await studio_halt.standing(next_notice.connection)
            self._note(standing)
            await next_notice(self._look_every_seconds)

    def _note(self, standing: HaltRecord | None) -> None:
        before, self._standing = self._standing, standing
        if standing is None:
            self._free.set()
        else:
            self._free.clear()
        self._looked.set()
        if (before and before.id) != (standing and standing.id):
            message = "the studio goes on" if standing is None else sentence_of(standing)
            self._tell(ProgressEvent(STEP, 1.0 if standing is None else 0.0, message))


def sentence_of(halt: HaltRecord) -> str:
    """Who halted the studio, when and why."""
    return f"the studio is halted by {halt.halted_by} since {halt.halted_at:%Y-%m-%d %H:%M} UTC: {halt.reason}"


def refusal_of(halt: HaltRecord | None) -> StudioHalted:
    """What is told who wants to begin something; None where the halt could not be read."""
    if halt is None:
        return StudioHalted("it can't be read whether the studio is halted, so nothing begins: see `chimera doctor`")
    return StudioHalted(
        f"{sentence_of(halt)}. `chimera unhalt` lets it go on",
        {"halted_by": halt.halted_by, "reason": halt.reason, "halted_at": halt.halted_at.isoformat()},
    )


@asynccontextmanager
async def open_halt(database_url: str, tell: Progress = silent) -> AsyncIterator[Halt]:
    """The halt, looked at once and followed as long as the block lasts.

    Raises:
        EngineUnavailable: it can't be read.
    """
    halt = Halt(database_url, tell)
    async with beside(halt.run(), "the studio's halt"):
        try:
            async with asyncio.timeout(OPEN_SECONDS_MAX):
                await halt.first_look()
        except TimeoutError as error:
            raise EngineUnavailable("PostgreSQL does not answer: see `chimera doctor`") from error
        yield halt
