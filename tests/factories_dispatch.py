"""Tasks, agents in memory, and dispatchers that run while a block does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

from redis.asyncio import Redis

from chimera.contracts.task import TaskOutcome
from chimera.core.clock import Clock
from chimera.core.vocabulary import Priority, Role, TaskState
from chimera.runtime.dispatch.claims import LEASE
from chimera.runtime.dispatch.dispatcher import Dispatcher
from chimera.runtime.dispatch.running import Handler
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.storage.database import Database
from chimera.storage.records import task
from chimera.storage.records.task import NewTask, TaskRecord

WAIT_SECONDS_MAX = 30.0


class Hands:
    """Agents of a test: so many of each role."""

    def __init__(self, counts: Mapping[Role, int]) -> None:
        self._idle = {role: [uuid4() for _ in range(count)] for role, count in counts.items()}
        self._busy: dict[UUID, Role] = {}
        self.failures = 0
        self.took_ms = 0
        self.tasks: dict[UUID, UUID] = {}

    def acquire(self, role: Role, task_id: UUID, agent_id: UUID | None = None) -> UUID | None:
        idle = self._idle.get(role, [])
        if not idle or (agent_id is not None and agent_id not in idle):
            return None
        taken = agent_id or idle[-1]
        idle.remove(taken) if agent_id else idle.pop()
        self._busy[taken] = role
        self.tasks[task_id] = taken
        return taken

    def release(self, agent_id: UUID, took_ms: int, *, failed: bool) -> None:
        self._idle[self._busy.pop(agent_id)].append(agent_id)
        self.failures += failed
        self.took_ms += took_ms

    def idle(self, role: Role) -> int:
        return len(self._idle.get(role, ()))

    def adopt(self, role: Role, agent_id: UUID) -> None:
        self._idle.setdefault(role, []).append(agent_id)


def new_task(clock: Clock, **changes: Any) -> NewTask:
    """A no-op for a scout, due now."""
    given: dict[str, Any] = {
        "id": uuid4(),
        "kind": "noop",
        "agent_role": Role.SCOUT,
        "payload": {},
        "created_at": clock.now(),
        "not_before": clock.now(),
        "priority": Priority.NORMAL,
    }
    return NewTask(**{**given, **changes})


async def do_nothing(_task: TaskRecord, _agent_id: UUID) -> TaskOutcome:
    return TaskOutcome(state=TaskState.DONE, result={})


def dispatcher_of(
    queue: TaskQueue,
    hands: Hands,
    handler: Handler = do_nothing,
    *,
    roles: frozenset[Role] | None = None,
    may_begin: Callable[[], bool] = lambda: True,
    host_id: UUID | None = None,
    lease: timedelta = LEASE,
) -> Dispatcher:
    """A dispatcher whose only kind of task is the no-op."""
    return Dispatcher(
        host_id or uuid4(), hands, queue, {"noop": handler}, roles or frozenset(Role), may_begin=may_begin, lease=lease
    )


@asynccontextmanager
async def working(*dispatchers: Dispatcher) -> AsyncIterator[None]:
    """The dispatchers run while the block does; whatever they fail with fails the test."""
    runs = [asyncio.create_task(dispatcher.run()) for dispatcher in dispatchers]
    try:
        yield
    finally:
        for run in runs:
            run.cancel()
        for ended in await asyncio.gather(*runs, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended


async def until(condition: Callable[[], Any], seconds: float = WAIT_SECONDS_MAX) -> None:
    """Wait until the condition (a function, or one that gives an awaitable) holds."""
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.01)


async def states(database: Database) -> dict[TaskState, int]:
    """How many tasks there are of each state."""
    async with database.transaction() as connection:
        cursor = await connection.execute("SELECT state, count(*) AS tasks FROM task GROUP BY state")
        return {TaskState(row["state"]): row["tasks"] for row in await cursor.fetchall()}


async def row(database: Database, task_id: UUID) -> TaskRecord:
    async with database.transaction() as connection:
        found = await task.get(connection, task_id)
    assert found is not None
    return found


async def all_done(database: Database, count: int) -> bool:
    return (await states(database)).get(TaskState.DONE, 0) == count


async def dead_reasons(database: Database) -> list[str]:
    """The reasons of all dead letters, the newest first."""
    async with database.transaction() as connection:
        cursor = await connection.execute("SELECT reason FROM dead_letter ORDER BY created_at DESC")
        return [found["reason"] for found in await cursor.fetchall()]


async def pushed(redis: Redis, name: str, *messages: str | bytes) -> None:
    """LPUSH, as anybody can."""
    waiting: Any = redis.lpush(name, *messages)
    await waiting


async def listed(redis: Redis, name: str) -> list[bytes]:
    """What lies in a list."""
    waiting: Any = redis.lrange(name, 0, -1)
    return list(await waiting)


@asynccontextmanager
async def opened_redis(url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(url, socket_timeout=5.0, socket_connect_timeout=5.0)
    try:
        yield client
    finally:
        await client.aclose()


class Relay:
    """A way to a server that can be closed and opened again: what is under way on it is lost."""

    def __init__(self, url: str) -> None:
        self._there = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in list(self._open):
            writer.transport.abort()

    @property
    def url(self) -> str:
        account = self._there.netloc.rpartition("@")[0]
        return urlunsplit(self._there._replace(netloc=f"{account}{'@' * bool(account)}127.0.0.1:{self._port}"))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(self._there.hostname, self._there.port)
        ends = {writer, there_writer}
        self._open |= ends
        try:
            await asyncio.gather(_pass(reader, there_writer), _pass(there_reader, writer))
        finally:
            self._open -= ends
            for end in ends:
                end.transport.abort()


async def _pass(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
    target.transport.abort()


@asynccontextmanager
async def relayed(url: str) -> AsyncIterator[Relay]:
    relay = Relay(url)
    await relay.open()
    try:
        yield relay
    finally:
        await relay.close()
