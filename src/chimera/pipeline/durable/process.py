"""What this process runs: the bodies of its workflows, under which fence each acts, and how many work at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from chimera.core.background import end
from chimera.core.errors import EngineUnavailable
from chimera.core.vocabulary import Role
from chimera.pipeline.host import Host
from chimera.storage.database import Database
from chimera.storage.records import durable_workflow, piece_fence
from chimera.storage.records.piece_fence import Fence

Document = dict[str, Any]
"""JSON between steps: what a contract's `model_dump(mode="json")` gives."""
Body = Callable[[Document], Awaitable[Document]]
QueuedBody = Callable[[str, Document], Awaitable[Document]]
"""Does the named step with what it was given."""

T = TypeVar("T")

CONCURRENCY: Mapping[Role, int] = {Role.ARTIST: 1, Role.WORKER: 4}
"""The roles whose steps go to queues, and how many of them one process does at a time: a production takes all cores."""
DATABASE_SECONDS_MAX = 60.0
"""How long a step waits for a database that is restarted."""
_RETRY_SECONDS = 1.0
_STOP_AGAIN_SECONDS = 5.0
"""Longer than a step takes to call off its tool's job."""


class NotMine(Exception):
    """Another process runs this workflow."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a workflow in this process."""

    content_id: UUID
    fence: Fence


run_of_task: ContextVar[Run] = ContextVar("run of the workflow")


@dataclass(slots=True)
class Process:
    """The workflows of this process while the durable engine is open."""

    host: Host
    database: Database
    body: Body
    queued: QueuedBody | None
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    steps: int = 0
    draining: bool = False
    _quiet: asyncio.Event = field(default_factory=asyncio.Event)
    _at_work: Counter[Role] = field(default_factory=Counter)
    _rooms: dict[Role, asyncio.Semaphore] = field(
        default_factory=lambda: {role: asyncio.Semaphore(count) for role, count in CONCURRENCY.items()}
    )

    @asynccontextmanager
    async def running(self, content_id: UUID, lane: str, workflow_id: str) -> AsyncIterator[Run]:
        """A run of the workflow, under the next fence of its lane.

        Raises:
            NotMine: the workflow is another process's by now, or this one has lost its slot.
        """
        task = asyncio.current_task()
        if task is not None:
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        run = Run(content_id, await patiently(lambda: self._fence(content_id, lane, workflow_id)))
        token = run_of_task.set(run)
        try:
            yield run
        finally:
            run_of_task.reset(token)

    async def _fence(self, content_id: UUID, lane: str, workflow_id: str) -> Fence:
        if self.host.lost.is_set():
            raise NotMine
        async with self.database.transaction() as connection:
            if not await durable_workflow.runs_here(connection, workflow_id, self.host.executor_id):
                raise NotMine
            return await piece_fence.take(connection, content_id, lane, self.host.id)

    def has_room(self, role: Role) -> bool:
        """Whether this process keeps the role, and could do one of its steps at once."""
        return role in self.host.roles and not self.draining and self._at_work[role] < CONCURRENCY[role]

    @asynccontextmanager
    async def room(self, role: Role) -> AsyncIterator[None]:
        """Room for one step of the role."""
        self._at_work[role] += 1
        try:
            async with self._rooms[role]:
                yield
        finally:
            self._at_work[role] -= 1

    @asynccontextmanager
    async def at_step(self) -> AsyncIterator[None]:
        """A step at work; none begins any more once the process drains."""
        if self.draining:
            await asyncio.Event().wait()  # until it is cancelled: whoever takes the workflow over does the step
        self.steps += 1
        try:
            yield
        finally:
            self.steps -= 1
            if self.steps == 0:
                self._quiet.set()

    async def drain(self, seconds: float) -> bool:
        """Begin no step any more, and wait so long for those at work; answers whether they all ended."""
        self.draining = True
        self._quiet.clear()
        try:
            async with asyncio.timeout(seconds):
                while self.steps:
                    await self._quiet.wait()
                    self._quiet.clear()
        except TimeoutError:
            return False
        return True

    async def stop(self) -> None:
        """Stop every workflow at its last finished step; others may go on with them."""
        tasks = [task for task in self.tasks if task is not asyncio.current_task()]
        await end(*tasks, again_seconds=_STOP_AGAIN_SECONDS)


async def patiently(work: Callable[[], Awaitable[T]]) -> T:
    """What `work` gives, tried again while the database is away, for a minute at most; it must be repeatable."""
    loop = asyncio.get_running_loop()
    until = loop.time() + DATABASE_SECONDS_MAX
    while True:
        try:
            return await work()
        except (OperationalError, EngineUnavailable) as error:
            if not _is_away(error) or loop.time() > until:
                raise
        await asyncio.sleep(_RETRY_SECONDS)


def _is_away(error: BaseException) -> bool:
    return isinstance(error, OperationalError) or isinstance(error.__cause__, PoolTimeout)
