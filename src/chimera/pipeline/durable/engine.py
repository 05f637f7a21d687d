"""DBOS in this process: launched on the studio's own database and its running loop, stopped when the block ends."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

from dbos import DBOS, DBOSConfig, SetWorkflowID, WorkflowHandleAsync
from dbos._dbos import _get_dbos_instance
from dbos._error import DBOSAwaitedWorkflowCancelledError, DBOSAwaitedWorkflowMaxRecoveryAttemptsExceeded

from chimera.core.background import end
from chimera.core.clock import SystemClock
from chimera.core.errors import Cancelled, EngineUnavailable, InternalError
from chimera.core.vocabulary import Role
from chimera.pipeline.durable import workflows
from chimera.pipeline.durable.pieces import PieceWorkflows
from chimera.pipeline.durable.process import CONCURRENCY, Body, Document, Process, QueuedBody
from chimera.pipeline.durable.takeover import UNFINISHED, UNFINISHED_MAX, GivenUp, Takeover
from chimera.pipeline.host import APPLICATION_VERSION, Host, open_host
from chimera.storage.database import SESSION_NAME, Database
from chimera.storage.rights import ENGINE_SCHEMA
from chimera.storage.server_url import with_settings
from chimera.telemetry.trace import with_trace

_SYSTEM_POOL_CONNECTIONS = 4
_POLL_SECONDS = 0.1
_QUEUE_SECONDS = 0.5


class Durable(PieceWorkflows):
    """The durable engine of one process, launched."""

    def __init__(self, process: Process, takeover: Takeover) -> None:
        super().__init__(DBOS)
        self._process = process
        self._takeover = takeover

    @property
    def host(self) -> Host:
        return self._process.host

    async def unfinished(self) -> list[tuple[UUID, Document]]:
        """Content workflows that an ended process left unfinished, oldest first; those of living ones are theirs."""
        found = await DBOS.list_workflows_async(
            status=UNFINISHED, name=workflows.CONTENT, app_version=APPLICATION_VERSION, limit=UNFINISHED_MAX
        )
        others = await self._process.host.others()
        return [
            (UUID(item.workflow_id), item.input["args"][0])
            for item in found
            if item.input and not others.live(item.executor_id)
        ]

    async def start(self, content_id: UUID, order: Document) -> None:
        """Begin the piece's workflow; the same id twice is one workflow."""
        with SetWorkflowID(str(content_id)):
            await DBOS.start_workflow_async(workflows.content, with_trace(order))

    async def result(self, content_id: UUID) -> Document:
        """What the piece's workflow gave, once it ends, here or elsewhere; raises what it raised.

        Raises:
            EngineUnavailable: this process has lost its slot, and must stop: others may have its pieces.
        """
        handle: WorkflowHandleAsync[Document] = await DBOS.retrieve_workflow_async(str(content_id))
        waiting = asyncio.ensure_future(handle.get_result(polling_interval_sec=_POLL_SECONDS))
        lost = asyncio.ensure_future(self._process.host.lost.wait())
        try:
            await asyncio.wait({waiting, lost}, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                return waiting.result()
            raise EngineUnavailable(
                "this process was stopped or cut off for too long, and others may have taken over its pieces: "
                "run it again"
            )
        except DBOSAwaitedWorkflowCancelledError as error:
            raise Cancelled(f"content {content_id} was called off") from error
        except DBOSAwaitedWorkflowMaxRecoveryAttemptsExceeded as error:
            raise InternalError(f"every process that worked on content {content_id} ended: see the logs") from error
        finally:
            waiting.cancel()
            lost.cancel()

    async def look(self) -> None:
        """Take over at once what dead processes left; this is done every few seconds too."""
        await self._takeover.look()

    async def drain(self, seconds: float) -> bool:
        """Begin nothing new, and give the steps at work so long; answers whether they all ended. What is not finished
        is taken over by others, once this engine is closed."""
        for event in _get_dbos_instance().background_thread_stop_events:
            event.set()
        await self._process.host.drain()
        return await self._process.drain(seconds)


@asynccontextmanager
async def open_durable(
    database: Database,
    body: Body,
    queued: QueuedBody | None = None,
    *,
    host: Host | None = None,
    given_up: GivenUp | None = None,
) -> AsyncIterator[Durable]:
    """Launch DBOS on the studio's own database (schema `dbos`, which is the application's) with `body` as the content
    workflow, and `queued` for its steps that go to queues. Without a host, one that keeps every role is opened.

    Workflows left by ended processes go on at once. When the block ends, running ones are stopped at their last
    finished step and are others' to take over.
    """
    async with AsyncExitStack() as stack:
        if host is None:
            host = await stack.enter_async_context(open_host(database.url, SystemClock(), frozenset(Role)))
        process = Process(host, database, body, queued)
        takeover = Takeover(host, database, given_up)
        workflows.bind(process)
        DBOS(config=_config(database.url, host.executor_id))
        DBOS.listen_queues([str(role) for role in CONCURRENCY if role in host.roles])
        watching: list[asyncio.Task[None]] = []
        try:
            DBOS.launch()
            await _register_queues(host)
            await takeover.look()
            watching.append(asyncio.create_task(takeover.run(), name="takeover of dead processes' pieces"))
            watching.append(asyncio.create_task(_stop_when_lost(process), name="end of a process without its slot"))
            yield Durable(process, takeover)
        finally:
            await end(*watching)
            await process.stop()
            await asyncio.to_thread(DBOS.destroy)
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())  # DBOS shut the one it had put there
            workflows.bind(None)


async def _stop_when_lost(process: Process) -> None:
    """Without its slot this process claims nothing and finishes nothing."""
    await process.host.lost.wait()
    for event in _get_dbos_instance().background_thread_stop_events:
        event.set()
    process.draining = True
    await process.stop()


async def _register_queues(host: Host) -> None:
    for role, count in CONCURRENCY.items():
        if role in host.roles:
            await DBOS.register_queue_async(str(role), worker_concurrency=count, polling_interval_sec=_QUEUE_SECONDS)


def _config(database_url: str, executor_id: str) -> DBOSConfig:
    return {
        "name": "chimera",
        "system_database_url": with_settings(database_url, {"application_name": SESSION_NAME}),
        "dbos_system_schema": ENGINE_SCHEMA,
        "executor_id": executor_id,
        "application_version": APPLICATION_VERSION,
        "sys_db_pool_size": _SYSTEM_POOL_CONNECTIONS,
        "log_level": "CRITICAL",
    }
