"""The durable engine of the other processes, reached when a front door first needs it: a server is there sooner
without loading it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

from chimera.runtime.operations.desk import PieceEngine


class EngineWhenAsked:
    """`PieceEngine`, opened by the first question; errors as its own."""

    def __init__(self, database_url: str, stack: AsyncExitStack) -> None:
        self._database_url = database_url
        self._stack = stack
        self._opening = asyncio.Lock()
        self._opened: PieceEngine | None = None

    async def start(self, content_id: UUID, order: dict[str, Any]) -> None:
        await (await self._engine()).start(content_id, order)

    async def is_known(self, content_id: UUID) -> bool:
        return await (await self._engine()).is_known(content_id)

    async def is_at_work(self, content_id: UUID) -> bool:
        return await (await self._engine()).is_at_work(content_id)

    async def number_of(self, content_id: UUID, step: str) -> int:
        return await (await self._engine()).number_of(content_id, step)

    async def rewind(self, content_id: UUID, number: int) -> None:
        await (await self._engine()).rewind(content_id, number)

    async def _engine(self) -> PieceEngine:
        async with self._opening:
            if self._opened is None:
                await asyncio.to_thread(_load)
                from chimera.pipeline.durable.remote import open_remote_durable

                self._opened = await self._stack.enter_async_context(open_remote_durable(self._database_url))
            return self._opened


@asynccontextmanager
async def engine_when_asked(database_url: str) -> AsyncIterator[EngineWhenAsked]:
    """The engine, closed when the block ends if it was ever opened."""
    async with AsyncExitStack() as stack:
        yield EngineWhenAsked(database_url, stack)


def _load() -> None:
    import chimera.pipeline.durable.remote  # noqa: F401 - in a thread, so that nobody waits for it
