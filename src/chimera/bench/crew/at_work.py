"""One process's crew at work on no-ops: a roster of workers and a dispatcher, on engines that are given."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from redis.asyncio import Redis

from chimera.bootstrap.money import tune_interpreter
from chimera.contracts.task import TaskOutcome
from chimera.core.clock import SystemClock
from chimera.core.identity import new_id
from chimera.core.vocabulary import Priority, Role, TaskKind, TaskState
from chimera.runtime.dispatch.dispatcher import Dispatcher
from chimera.runtime.dispatch.running import AtOnce
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.runtime.roster.roster import Roster
from chimera.storage.database import Database, open_database
from chimera.storage.records.task import TaskRecord

DRAIN_SECONDS = 5.0
_LOOK_SECONDS = 0.005
_DONE = TaskOutcome(state=TaskState.DONE, result={})
Began = Callable[[TaskRecord], None]


@dataclass(frozen=True, slots=True)
class AtWork:
    """A crew that takes what comes until its block ends."""

    queue: TaskQueue
    dispatcher: Dispatcher

    async def written(self, count: int) -> None:
        """Until so many results stand in their rows."""
        while self.dispatcher.results.written < count:  # noqa: ASYNC110 - a counter has no event
            await asyncio.sleep(_LOOK_SECONDS)


@asynccontextmanager
async def hosted(database: Database, redis: Redis, agents: int) -> AsyncIterator[tuple[Roster, UUID]]:
    """A roster of so many workers, shown and kept alive while the block runs, and its host's id."""
    clock = SystemClock()
    host_id = new_id(clock)
    roster = Roster(redis, database, clock, host_id)
    await roster.adopt({Role.WORKER: agents})
    await roster.flush()
    async with _beside(roster.run()):
        yield roster, host_id


@asynccontextmanager
async def at_work(url: str, redis_url: str, agents: int, began: Began | None = None) -> AsyncIterator[AtWork]:
    """Workers that do nothing; `began` hears of each task the moment its handler starts."""

    def noop(task: TaskRecord, _agent_id: UUID) -> TaskOutcome:
        if began is not None:
            began(task)
        return _DONE

    async with (
        open_database(url) as database,
        Redis.from_url(redis_url) as redis,
        hosted(database, redis, agents) as (
            roster,
            host_id,
        ),
    ):
        queue = TaskQueue(database, redis, SystemClock())
        dispatcher = Dispatcher(
            host_id,
            roster,
            queue,
            {TaskKind.NOOP.value: AtOnce(noop)},
            frozenset({Role.WORKER}),
            may_begin=lambda: True,
        )
        tune_interpreter()
        async with _beside(dispatcher.run()):
            yield AtWork(queue, dispatcher)
            await dispatcher.drain(DRAIN_SECONDS)


def hints(ids: Iterable[UUID], priority: Priority = Priority.NORMAL) -> list[tuple[UUID, Role, Priority]]:
    """What `HintLists.push` takes for no-ops."""
    return [(task_id, Role.WORKER, priority) for task_id in ids]


@asynccontextmanager
async def _beside(work: Awaitable[None]) -> AsyncIterator[None]:
    """`work` runs until the block ends; what it raises ends the block."""
    task = asyncio.ensure_future(work)
    block = asyncio.current_task()

    def failed(ended: "asyncio.Future[None]") -> None:
        if not ended.cancelled() and ended.exception() is not None and block is not None:
            block.cancel()

    task.add_done_callback(failed)
    try:
        yield
    except asyncio.CancelledError:
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            raise error from None
        raise
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
