"""The only module that knows DBOS: durable steps, workflows that are recovered after a kill, executor slots.

A slot is a PostgreSQL advisory lock held by this process's own connection; its number is the executor id, so whoever
takes a dead process's slot next takes over that process's unfinished workflows (DBOS recovers by executor id).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import structlog
from dbos import DBOS, DBOSConfig, SetWorkflowID, WorkflowHandleAsync
from psycopg import AsyncConnection, OperationalError

from chimera.core.errors import ChimeraError, EngineUnavailable, InternalError
from chimera.storage.rights import ENGINE_SCHEMA

Document = dict[str, Any]
"""JSON between steps: what a contract's `model_dump(mode="json")` gives."""
Body = Callable[[Document], Awaitable[Document]]

APPLICATION_VERSION = "content-2"
"""Changed when the content workflow's steps change: DBOS recovers a workflow only under the version it began with."""
EARLIER_VERSIONS = ["content-1"]
"""What was left unfinished under one of these is begun again; its steps find by their ids what they did before."""
SLOTS_MAX = 64
_SLOT_LOCK = 0x43480000
_SLOT_CHOICE_LOCK = _SLOT_LOCK - 1
_SYSTEM_POOL_CONNECTIONS = 4
_POLL_SECONDS = 0.1
_TAKE_OVER_SECONDS = 5.0
_UNFINISHED = ["PENDING", "ENQUEUED", "DELAYED"]
_UNFINISHED_MAX = 1000
_CANCELLED = "CANCELLED"
"""Only by `begin_again`, on the way back to its first step."""

_log = structlog.get_logger(__name__)
_body: Body | None = None
_running: set[asyncio.Task[Any]] = set()


@DBOS.workflow(name="content")
async def _content(order: Document) -> Document:
    if _body is None:
        raise RuntimeError("a content workflow can only run between open_durable and its end")
    task = asyncio.current_task()
    if task is not None:
        _running.add(task)
        task.add_done_callback(_running.discard)
    return await _body(order)


async def step(name: str, work: Callable[[], Awaitable[Document | None]]) -> Document | None:
    """Run `work` as a step of the running workflow: its answer is kept, and not asked for again after a crash.

    Raises:
        ChimeraError: what `work` raised; an unexpected failure as InternalError, since only ours can be kept.
    """

    async def run() -> Document | None:
        try:
            return await work()
        except ChimeraError:
            raise
        except Exception as error:
            _log.error("step_failed", step=name, exc_info=error)
            raise InternalError(f"an unexpected {type(error).__name__} in step {name}: {error}") from error

    return await DBOS.run_step_async({"name": name}, run)


class Durable:
    """The durable engine of one process, launched."""

    def __init__(self, slots: "_Slots") -> None:
        self._slots = slots

    async def unfinished(self) -> list[tuple[UUID, Document]]:
        """Content workflows that an ended process left unfinished, oldest first; those of living ones are theirs."""
        found = await DBOS.list_workflows_async(
            status=_UNFINISHED, name="content", app_version=APPLICATION_VERSION, limit=_UNFINISHED_MAX
        )
        others = await self._slots.others_at_work()
        return [
            (UUID(item.workflow_id), item.input["args"][0])
            for item in found
            if item.input and item.executor_id not in others
        ]

    async def start(self, content_id: UUID, order: Document) -> None:
        """Begin the piece's workflow; the same id twice is one workflow."""
        with SetWorkflowID(str(content_id)):
            await DBOS.start_workflow_async(_content, order)

    async def result(self, content_id: UUID) -> Document:
        """What the piece's workflow gave, once it ends; raises what it raised.

        Whoever has the piece may end meanwhile: it is taken over then. Without its slot this process stops working,
        since another may have taken its pieces over.

        Raises:
            EngineUnavailable: the connection that holds this process's slot is lost.
        """
        handle: WorkflowHandleAsync[Document] = await DBOS.retrieve_workflow_async(str(content_id))
        waiting = asyncio.ensure_future(handle.get_result(polling_interval_sec=_POLL_SECONDS))
        try:
            while not (await asyncio.wait({waiting}, timeout=_TAKE_OVER_SECONDS))[0]:
                await self._slots.take_over()
            return waiting.result()
        except OperationalError as error:
            await _stop_running()
            raise EngineUnavailable(
                f"the connection to the database was lost: {error}. Run it again, it goes on where it stopped"
            ) from error
        finally:
            waiting.cancel()


@asynccontextmanager
async def open_durable(database_url: str, body: Body) -> AsyncIterator[Durable]:
    """Launch DBOS on the studio's own database (schema `dbos`, which is the application's) with `body` as the content
    workflow.

    Workflows left by ended processes go on at once. When the block ends, running ones are stopped at their last
    finished step and stay recoverable.
    """
    global _body  # noqa: PLW0603 - DBOS finds workflows by module-level name, so their body is bound here
    async with _slot(database_url) as slots:
        _body = body
        DBOS(config=_config(database_url, _executor_id(slots.mine)))
        try:
            DBOS.launch()
            await slots.begin_again()
            await slots.take_over()
            yield Durable(slots)
        finally:
            await _stop_running()
            await asyncio.to_thread(DBOS.destroy)
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())  # DBOS shut the one it had put there
            _body = None


def _config(database_url: str, executor_id: str) -> DBOSConfig:
    return {
        "name": "chimera",
        "system_database_url": database_url,
        "dbos_system_schema": ENGINE_SCHEMA,
        "executor_id": executor_id,
        "application_version": APPLICATION_VERSION,
        "sys_db_pool_size": _SYSTEM_POOL_CONNECTIONS,
        "log_level": "CRITICAL",
    }


async def _stop_running() -> None:
    tasks = [task for task in _running if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class _Slots:
    """This process's slot, `mine`, and what becomes of the others'; `connection` holds its lock."""

    def __init__(self, connection: AsyncConnection, mine: int) -> None:
        self._connection = connection
        self.mine = mine

    async def take_over(self) -> None:
        """Recover what ended processes left. Their slots stay locked meanwhile, so that no starting process gets one:
        its fresh work would be taken for a dead one's."""
        async with _free_slots(self._connection, set(range(SLOTS_MAX)) - {self.mine}) as ended:
            await asyncio.to_thread(DBOS._recover_pending_workflows, [_executor_id(slot) for slot in ended])

    async def begin_again(self) -> None:
        """Send what ended processes of an earlier version left unfinished back to its first step, under this one."""
        async with _free_slots(self._connection, set(range(SLOTS_MAX)) - {self.mine}) as ended:
            gone = {_executor_id(slot) for slot in (*ended, self.mine)}
            found = await DBOS.list_workflows_async(
                status=[*_UNFINISHED, _CANCELLED], name="content", app_version=EARLIER_VERSIONS, limit=_UNFINISHED_MAX
            )
            for left in found:
                if left.executor_id in gone:
                    await DBOS.cancel_workflow_async(left.workflow_id)  # only an ended one can be sent back
                    await DBOS.rewind_workflow_async(left.workflow_id, application_version=APPLICATION_VERSION)

    async def others_at_work(self) -> frozenset[str]:
        """The executor ids of other living processes."""
        others = set(range(SLOTS_MAX)) - {self.mine}
        async with _free_slots(self._connection, others) as ended:
            return frozenset(_executor_id(slot) for slot in others.difference(ended))


@asynccontextmanager
async def _slot(database_url: str) -> AsyncIterator[_Slots]:
    async with await AsyncConnection.connect(database_url, autocommit=True, connect_timeout=10) as connection:
        async with _free_slots(connection, set(range(SLOTS_MAX))) as free:
            if not free:
                raise EngineUnavailable(f"{SLOTS_MAX} processes already work on this database: stop one of them first")
            mine = free[0]
            await _try_lock(connection, mine)  # a second hold on it, which stays when the block lets go of the first
        yield _Slots(connection, mine)


@asynccontextmanager
async def _free_slots(connection: AsyncConnection, among: set[int]) -> AsyncIterator[list[int]]:
    """The slots that nobody holds, in order, locked for the block; one process at a time looks."""
    await connection.execute("SELECT pg_advisory_lock(%s)", (_SLOT_CHOICE_LOCK,))
    free: list[int] = []
    try:
        free += [slot for slot in sorted(among) if await _try_lock(connection, slot)]
        yield free
    finally:
        for slot in free:
            await connection.execute("SELECT pg_advisory_unlock(%s)", (_SLOT_LOCK + slot,))
        await connection.execute("SELECT pg_advisory_unlock(%s)", (_SLOT_CHOICE_LOCK,))


async def _try_lock(connection: AsyncConnection, slot: int) -> bool:
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (_SLOT_LOCK + slot,))
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


def _executor_id(slot: int) -> str:
    return f"slot-{slot}"
