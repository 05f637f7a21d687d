"""Pieces that somebody wants stopped: asked at every safe point, and looked for every second during a wait."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Any, TypeVar
from uuid import UUID

import structlog
from psycopg import Error

from chimera.core.errors import Cancelled, ChimeraError
from chimera.storage.database import Database
from chimera.storage.records import piece_fence

LOOK_EVERY_SECONDS = 1.0
T = TypeVar("T")

_log = structlog.get_logger(__name__)


class Cancels:
    """Which pieces are to stop. One look a second serves every wait of this process."""

    def __init__(self, database: Database, look_every_seconds: float = LOOK_EVERY_SECONDS) -> None:
        self._database = database
        self._look_every_seconds = look_every_seconds
        self._waiting: dict[asyncio.Future[str], UUID] = {}
        self._looking: asyncio.Task[None] | None = None

    async def check(self, content_id: UUID) -> None:
        """Return if the piece may go on.

        Raises:
            Cancelled: somebody has called it off.
        """
        async with self._database.transaction() as connection:
            found = await piece_fence.cancelled(connection, [content_id])
        if content_id in found:
            raise cancelled(content_id, found[content_id])

    async def unless(self, content_id: UUID, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` gives, which is stopped where it stands when the piece is called off.

        Raises:
            Cancelled: somebody has called it off; `work` has ended.
        """
        stopped: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        working = asyncio.ensure_future(work())
        self._waiting[stopped] = content_id
        if self._looking is None or self._looking.done():
            self._looking = Context().run(asyncio.create_task, self._look())  # of no step, so under no fence
        try:
            waits: set[asyncio.Future[Any]] = {working, stopped}
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                return working.result()
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            raise cancelled(content_id, stopped.result())
        finally:
            del self._waiting[stopped]
            stopped.cancel()
            if not working.done():
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)

    async def _look(self) -> None:
        """Until nobody waits."""
        while self._waiting:
            await asyncio.sleep(self._look_every_seconds)
            try:
                async with self._database.transaction() as connection:
                    found = await piece_fence.cancelled(connection, set(self._waiting.values()))
            except (Error, ChimeraError) as error:
                _log.warning("cancels_not_read", error=str(error))
                continue
            for stopped, content_id in self._waiting.items():
                if content_id in found and not stopped.done():
                    stopped.set_result(found[content_id])


def cancelled(content_id: UUID, asked_by: str) -> Cancelled:
    return Cancelled(f"content {content_id} was cancelled by {asked_by}", {"by": asked_by})
