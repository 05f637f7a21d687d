"""Where agents are seen: `agent:{id}:state` in Redis (specification section 4), kept alive while they work.

Redis is a view and never the truth: a failing Redis costs the view, not the work.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from chimera.contracts.agent_state import AgentMetrics, AgentState
from chimera.core.clock import Clock, elapsed_ms
from chimera.core.limits import AGENT_STATE_TTL_SECONDS
from chimera.core.vocabulary import AgentStatus, Role
from chimera.storage.database import Database
from chimera.storage.records import agents

HEARTBEAT_SECONDS = 60
_NOTHING_DONE = AgentMetrics(tasks_completed=0, avg_execution_time_ms=0, error_count=0)
_log = structlog.get_logger(__name__)


def after_task(metrics: AgentMetrics, took_ms: int, *, failed: bool) -> AgentMetrics:
    """The metrics with one more task counted; the average is over completed tasks."""
    if failed:
        return metrics.model_copy(update={"error_count": metrics.error_count + 1})
    completed = metrics.tasks_completed + 1
    average = metrics.avg_execution_time_ms + (took_ms - metrics.avg_execution_time_ms) // completed
    return metrics.model_copy(update={"tasks_completed": completed, "avg_execution_time_ms": max(0, average)})


def state_key(agent_id: UUID) -> str:
    return f"agent:{agent_id}:state"


class Presence:
    """Shows what each agent of this process does."""

    def __init__(self, redis: Redis, database: Database, clock: Clock, agent_ids: Mapping[Role, UUID]) -> None:
        self._redis = redis
        self._database = database
        self._clock = clock
        self._agent_ids = agent_ids

    def assign(self) -> dict[Role, UUID]:
        """One agent of each role for a piece."""
        return dict(self._agent_ids)

    async def announce(self) -> None:
        """Every agent of this process is there and idle."""
        for role in self._agent_ids:
            await self._show(role, AgentStatus.IDLE, None, await self._metrics(role))

    @asynccontextmanager
    async def working(self, role: Role, task_id: UUID, agent_id: UUID | None = None) -> AsyncIterator[UUID]:
        """The role's agent is busy with `task_id` while the block runs; then idle, with the task counted."""
        started_at = self._clock.monotonic()
        metrics = await self._metrics(role)
        ended = asyncio.Event()
        heartbeat = asyncio.create_task(self._beat(role, task_id, metrics, ended))
        failed = True
        try:
            yield self._agent_ids[role]
            failed = False
        finally:
            ended.set()
            await heartbeat
            counted = after_task(metrics, elapsed_ms(self._clock, started_at), failed=failed)
            await self._show(role, AgentStatus.IDLE, None, counted)

    async def live_counts(self) -> dict[Role, int]:
        """How many agents of each role have a live state key, by role."""
        counts: dict[Role, int] = {}
        async for key in self._redis.scan_iter(match="agent:*:state", count=1000):
            if text := await self._redis.get(key):
                role = AgentState.model_validate_json(text).role
                counts[role] = counts.get(role, 0) + 1
        return counts

    async def _beat(self, role: Role, task_id: UUID, metrics: AgentMetrics, ended: asyncio.Event) -> None:
        """Told to end, never cancelled: Python 3.11's `wait_for`, inside the pool, can lose a cancellation."""
        while not ended.is_set():
            await self._show(role, AgentStatus.BUSY, task_id, metrics)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await ended.wait()

    async def _metrics(self, role: Role) -> AgentMetrics:
        try:
            text = await self._redis.get(state_key(self._agent_ids[role]))
        except RedisError:
            return _NOTHING_DONE
        return AgentState.model_validate_json(text).metrics if text else _NOTHING_DONE

    async def _show(self, role: Role, status: AgentStatus, task_id: UUID | None, metrics: AgentMetrics) -> None:
        agent_id = self._agent_ids[role]
        now = self._clock.now()
        state = AgentState(
            agent_id=agent_id, role=role, status=status, current_task=task_id, last_heartbeat=now, metrics=metrics
        )
        try:
            await self._redis.set(state_key(agent_id), state.model_dump_json(), ex=AGENT_STATE_TTL_SECONDS)
        except RedisError as error:
            _log.warning("agent_state_not_shown", role=role, problem=str(error))
        async with self._database.transaction() as connection:
            await agents.set_status(connection, agent_id, status, now)
