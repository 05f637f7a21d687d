"""The state of an agent that several processes show, which is the CFO's: what each of them counts is added up."""

from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import WatchError

from chimera.core.limits import AGENT_STATE_TTL_SECONDS
from chimera.core.vocabulary import AgentStatus, Role
from chimera.runtime.roster.members import Members, Work
from chimera.runtime.roster.states import state_key, state_of, state_text

TRIES_MAX = 5


class SharedState:
    """One agent's state; `counted` is what this process has added to it already."""

    def __init__(self, redis: Redis, agent_id: UUID, role: Role) -> None:
        self._redis = redis
        self.agent_id = agent_id
        self._role = role
        self._counted = Work()

    async def show(self, members: Members, heartbeat: str) -> None:
        """Write the state with what was done here since the last time added to what stands there.

        Raises:
            redis.exceptions.RedisError: it is not shown; what was counted is added the next time.
        """
        key, done = state_key(self.agent_id), members.work(self.agent_id)
        status, task = members.status(self.agent_id), members.current_task(self.agent_id)
        for _ in range(TRIES_MAX):
            async with self._redis.pipeline(transaction=True) as pipeline:
                try:
                    await pipeline.watch(key)
                    total = self._total(await pipeline.get(key), done)
                    pipeline.multi()  # type: ignore[no-untyped-call]
                    text = state_text(self.agent_id, self._role, status, task, heartbeat, total)
                    pipeline.set(key, text, ex=AGENT_STATE_TTL_SECONDS)
                    await pipeline.execute()
                except WatchError:
                    continue
            self._counted = done
            return
        raise WatchError(f"the state of agent {self.agent_id} is written too often")

    def _total(self, text: str | bytes | None, done: Work) -> Work:
        state = state_of(text)
        if state is None or state.status is AgentStatus.OFFLINE:
            return done
        there, before = state.metrics, self._counted
        return Work(
            there.tasks_completed + done.tasks_completed - before.tasks_completed,
            there.avg_execution_time_ms * there.tasks_completed + done.busy_ms - before.busy_ms,
            there.error_count + done.error_count - before.error_count,
        )
