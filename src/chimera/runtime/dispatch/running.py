"""The attempts under way in this process: begun, renewed, ended, given back."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from chimera.contracts.task import TaskOutcome
from chimera.core.background import Group
from chimera.core.clock import elapsed_ms
from chimera.core.errors import ChimeraError, InternalError
from chimera.core.vocabulary import Role
from chimera.runtime.dispatch.attempts import worked
from chimera.runtime.dispatch.hands import Roster
from chimera.runtime.dispatch.results import Results
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.runtime.dispatch.trouble import NO_POSTGRESQL, Trouble
from chimera.storage.records import task_work
from chimera.storage.records.task import TaskRecord
from chimera.telemetry import metrics
from chimera.telemetry.spans import span
from chimera.telemetry.trace import CARRIED, taken_up, traced, without_trace

Work = Callable[[TaskRecord, UUID], Awaitable[TaskOutcome]]
"""The claimed row, the agent that works. A ChimeraError is a failed attempt."""


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Work that waits for nothing and takes microseconds: it is done where it is claimed, without a task of its own,
    while everything else in the process waits."""

    work: Callable[[TaskRecord, UUID], TaskOutcome]


Handler = Work | AtOnce

RENEW_SECONDS = 5.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Attempt:
    task: TaskRecord
    work: asyncio.Task[None]


class Running:
    """What this host works on now. A row belongs to it until its result is written or its lease is over."""

    def __init__(
        self,
        host_id: UUID,
        queue: TaskQueue,
        roster: Roster,
        handlers: Mapping[str, Handler],
        agent_freed: Callable[[], None],
        lease: timedelta,
    ) -> None:
        self._host_id = host_id
        self._queue = queue
        self._roster = roster
        self._handlers = handlers
        self._agent_freed = agent_freed
        self._lease = lease
        self._writing = asyncio.Lock()
        self._attempts: dict[UUID, Attempt] = {}
        self._none = asyncio.Event()
        self._none.set()
        self.results = Results(host_id, queue, self._writing)
        self.started = 0

    def __len__(self) -> int:
        return len(self._attempts)

    def begin(self, group: Group, tasks: Sequence[TaskRecord]) -> list[TaskRecord]:
        """Hand claimed tasks to idle agents; answers those for which there was none any more."""
        left = []
        for task in tasks:
            agent_id = self._roster.acquire(task.agent_role, task.id)
            if agent_id is None:
                left.append(task)
            else:
                self.begin_with(group, task, agent_id)
        return left

    def begin_with(self, group: Group, task: TaskRecord, agent_id: UUID) -> None:
        """Let an agent that was acquired for it work on the task; an earlier attempt at it is over by that."""
        if self._attempts:
            self._stop([task.id], "a later attempt begins")
        self.started += 1
        handler = self._handlers.get(task.kind)
        if isinstance(handler, AtOnce):
            self._do_at_once(handler, task, agent_id)
            return
        self._none.clear()
        self._attempts[task.id] = Attempt(task, group.create_task(self._work(handler, task, agent_id)))

    async def idle(self) -> None:
        """Until nothing is under way."""
        await self._none.wait()

    async def renew(self) -> None:
        """Prolong the leases, until cancelled. What is not this host's any more is stopped."""
        trouble = Trouble("PostgreSQL", "leases")
        renewed_at = self._queue.clock.monotonic()
        while True:
            await asyncio.sleep(min(RENEW_SECONDS, self._lease.total_seconds() / 4))
            try:
                await self._renew_once()
                renewed_at = self._queue.clock.monotonic()
                trouble.over()
            except NO_POSTGRESQL as error:
                trouble.begins(error)
                if self._queue.clock.monotonic() - renewed_at > self._lease.total_seconds():
                    self._stop(list(self._attempts), "the leases could not be prolonged")

    async def give_back(self, tasks: Sequence[TaskRecord]) -> None:
        """Queue claimed tasks that were not begun, or not ended, for others."""
        await self._give_back({task.id: task.attempt for task in tasks})

    async def give_back_unknown(self) -> None:
        """Queue what was claimed in this host's name without its knowledge, because the answer was lost."""
        async with self._writing, self._queue.database.transaction() as connection:
            known = [*self._attempts, *self.results.attempts()]
            unknown = await task_work.unknown_running(connection, self._host_id, known)
        if unknown:
            await self._give_back(unknown)

    async def stop_all(self, seconds: float) -> list[TaskRecord]:
        """Stop everything under way, and wait so long for it; answers what gave no result."""
        stopped = list(self._attempts.values())
        for attempt in stopped:
            attempt.work.cancel()
        if stopped:
            await asyncio.wait([attempt.work for attempt in stopped], timeout=seconds)
        unwritten = self.results.attempts()
        return [attempt.task for attempt in stopped if attempt.task.id not in unwritten]

    async def _give_back(self, attempts: Mapping[UUID, int]) -> None:
        async with self._writing, self._queue.database.transaction() as connection:
            ready = await task_work.give_back(connection, self._host_id, attempts, self._queue.clock.now())
        await self._queue.hint((task.id, task.agent_role, task.priority) for task in ready)

    async def _renew_once(self) -> None:
        async with self._writing:
            held = self.results.attempts()
            held.update({task_id: attempt.task.attempt for task_id, attempt in self._attempts.items()})
            if not held:
                return
            async with self._queue.database.transaction() as connection:
                mine = await task_work.renew(connection, self._host_id, held, self._queue.clock.now(), self._lease)
        self._stop([task_id for task_id in held if task_id not in mine], "cancelled, or taken by another host")

    def _stop(self, task_ids: Sequence[UUID], reason: str) -> None:
        for task_id in task_ids:
            if attempt := self._attempts.get(task_id):
                _log.warning("attempt_stopped", task_id=str(task_id), reason=reason)
                attempt.work.cancel()

    def _do_at_once(self, handler: AtOnce, task: TaskRecord, agent_id: UUID) -> None:
        started_at = self._queue.clock.monotonic()
        outcome: TaskOutcome | ChimeraError
        try:
            outcome = _checked(handler.work(task, agent_id))
        except Exception as error:  # noqa: BLE001 - as in `_outcome`
            outcome = _failure(task, error)
        self._end(task, agent_id, started_at, outcome)

    async def _work(self, handler: Work | None, task: TaskRecord, agent_id: UUID) -> None:
        started_at = self._queue.clock.monotonic()
        outcome: TaskOutcome | ChimeraError | None = None
        try:
            with (
                traced(taken_up(task.payload.get(CARRIED), task.id)),
                span("task", kind=task.kind, role=task.agent_role),
            ):
                handed = task._replace(payload=without_trace(task.payload))
                outcome = await self._outcome(handler, handed, agent_id)
        finally:
            self._end(task, agent_id, started_at, outcome)
            self._forget(task)

    async def _outcome(self, handler: Work | None, task: TaskRecord, agent_id: UUID) -> TaskOutcome | ChimeraError:
        if handler is None:
            return InternalError(f"nothing in this process does tasks of the kind {task.kind!r}")
        try:
            return _checked(await handler(task, agent_id))
        except Exception as error:  # noqa: BLE001 - the edge: whatever a handler does, its attempt ends
            return _failure(task, error)

    def _end(
        self, task: TaskRecord, agent_id: UUID, started_at: float, outcome: TaskOutcome | ChimeraError | None
    ) -> None:
        self._release(task.agent_role, agent_id, started_at, failed=not isinstance(outcome, TaskOutcome))
        if outcome is not None:
            ended = worked(task, outcome, agent_id, self._queue.clock.now())
            self.results.add(ended)
            metrics.task_ended(task.agent_role, ended.state, self._queue.clock.monotonic() - started_at)

    def _forget(self, task: TaskRecord) -> None:
        held = self._attempts.get(task.id)
        if held is not None and held.task.attempt == task.attempt:
            del self._attempts[task.id]
        if not self._attempts:
            self._none.set()

    def _release(self, role: Role, agent_id: UUID, started_at: float, *, failed: bool) -> None:
        none_was_idle = self._roster.idle(role) == 0
        self._roster.release(agent_id, elapsed_ms(self._queue.clock, started_at), failed=failed)
        if none_was_idle:
            self._agent_freed()


def _checked(outcome: object) -> TaskOutcome | ChimeraError:
    return outcome if isinstance(outcome, TaskOutcome) else InternalError("its handler gave no outcome")


def _failure(task: TaskRecord, error: Exception) -> ChimeraError:
    if isinstance(error, ChimeraError):
        return error
    _log.exception("task_crashed", task_id=str(task.id), kind=task.kind)
    return InternalError(f"{type(error).__name__}: {error}")
