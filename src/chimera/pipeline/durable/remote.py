"""Pieces' workflows for a process without a durable engine: begun, looked at and sent back by their rows.

Whoever has an engine on the same database pulls what is begun here; nothing runs in this process.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import UUID

from dbos import DBOSClient
from sqlalchemy.exc import SQLAlchemyError

from chimera.core.errors import EngineUnavailable
from chimera.pipeline.durable.pieces import PieceWorkflows
from chimera.pipeline.durable.process import Document
from chimera.pipeline.durable.takeover import RECOVERY_QUEUE
from chimera.pipeline.durable.workflows import CONTENT
from chimera.pipeline.host import APPLICATION_VERSION
from chimera.storage.database import SESSION_NAME
from chimera.storage.rights import ENGINE_SCHEMA
from chimera.storage.server_url import with_settings

POOL_CONNECTIONS_MAX = 2


class RemoteDurable:
    """The durable engine of the other processes. Every method raises EngineUnavailable where its tables can't be
    reached, and otherwise what `PieceWorkflows` does."""

    def __init__(self, client: DBOSClient) -> None:
        self._client = client
        self._workflows = PieceWorkflows(client)

    async def start(self, content_id: UUID, order: Document) -> None:
        """Let whoever is free begin the piece's workflow; the same id twice is one workflow."""
        with _reached():
            await self._client.enqueue_async(
                {
                    "queue_name": RECOVERY_QUEUE,
                    "workflow_name": CONTENT,
                    "workflow_id": str(content_id),
                    "app_version": APPLICATION_VERSION,
                },
                order,
            )

    async def is_known(self, content_id: UUID) -> bool:
        """Whether the piece was ever ordered."""
        with _reached():
            return await self._workflows.is_known(content_id)

    async def is_at_work(self, content_id: UUID) -> bool:
        """Whether the piece's workflow has not ended."""
        with _reached():
            return await self._workflows.is_at_work(content_id)

    async def number_of(self, content_id: UUID, step: str) -> int:
        """The number of the last step of this name that the workflow has done."""
        with _reached():
            return await self._workflows.number_of(content_id, step)

    async def rewind(self, content_id: UUID, number: int) -> None:
        """Send an ended workflow back to this step; whoever is free goes on with it."""
        with _reached():
            await self._workflows.rewind(content_id, number)


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise EngineUnavailable(
            "the durable engine's tables can't be reached: start a worker once, or see `chimera doctor`"
        ) from error


@asynccontextmanager
async def open_remote_durable(database_url: str) -> AsyncIterator[RemoteDurable]:
    """The engine's tables at `database_url`, reached when they are first asked for anything."""
    client = DBOSClient(
        system_database_url=with_settings(database_url, {"application_name": SESSION_NAME}),
        dbos_system_schema=ENGINE_SCHEMA,
        system_database_pool_size=POOL_CONNECTIONS_MAX,
        lazy=True,
        retry_connection_errors=False,
    )
    try:
        yield RemoteDurable(client)
    finally:
        await asyncio.to_thread(client.destroy)
