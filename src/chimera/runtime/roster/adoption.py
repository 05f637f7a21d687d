"""Who hosts whom: agents come from hosts that are gone, or are made, and are given back at a clean end."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from chimera.core.clock import Clock
from chimera.core.identity import new_id
from chimera.core.vocabulary import AgentStatus, Role
from chimera.runtime.roster import states
from chimera.runtime.roster.capabilities import CAPABILITIES
from chimera.runtime.roster.members import Members, Work
from chimera.storage.database import Connection, Database
from chimera.storage.records import agents, crew_member, executor_slot
from chimera.storage.records.crew_member import Hosted

AGENTS_PER_STATEMENT_MAX = 5_000
NEW_AGENTS_PER_LOOK_MAX = 1_000
_log = structlog.get_logger(__name__)


class Adoption:
    """Takes agents for the host `host_id` into `members`."""

    def __init__(self, redis: Redis, database: Database, clock: Clock, host_id: UUID, members: Members) -> None:
        self._redis = redis
        self._database = database
        self._clock = clock
        self._host_id = host_id
        self._members = members

    async def adopt(self, counts: Mapping[Role, int]) -> None:
        """Up to so many agents of each role; one process at a time, so that no agent is taken twice."""
        taken: list[Hosted] = []
        async with self._database.transaction() as connection:
            living = await self._living(connection)
            await crew_member.enrol(connection)
            for role, count in counts.items():
                taken += await self._take(connection, role, count - self._members.hosted(role), living)
        await self._take_in(taken)

    async def adopt_these(self, agent_ids: Sequence[UUID]) -> None:
        """Those of them that no living host has and that may work."""
        async with self._database.transaction() as connection:
            living = await self._living(connection)
            now = self._clock.now()
            taken = await crew_member.take_these(connection, agent_ids, self._host_id, living, now)
        await self._take_in(taken)

    async def adopt_new(self, roles: Sequence[Role]) -> None:
        """Agents of these roles that people spawned and nobody hosts yet."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            taken = await crew_member.take_new(connection, roles, NEW_AGENTS_PER_LOOK_MAX, self._host_id, now)
        await self._take_in(taken)

    async def cfo_id(self) -> UUID:
        """The one CFO of all processes, made if there is none."""
        async with self._database.transaction() as connection:
            return await agents.ensure(connection, Role.CFO, list(CAPABILITIES[Role.CFO]), new_id(self._clock))

    async def give_back(self, agent_ids: Sequence[UUID]) -> None:
        """Host them no more: they are nobody's and offline, and shown no more, unless another host has them by now."""
        mine: list[UUID] = []
        for batch in states.batches(agent_ids, AGENTS_PER_STATEMENT_MAX):
            async with self._database.transaction() as connection:
                mine += await crew_member.give_back(connection, self._host_id, batch)
        for agent_id in agent_ids:
            self._members.drop(agent_id)
        await self._hide(mine)

    async def leave_cfo(self, cfo_id: UUID) -> None:
        """Show the CFO no more; where another process lives, which may show it too, it stays for that one."""
        self._members.drop(cfo_id)
        async with self._database.transaction() as connection:
            if await executor_slot.living(connection, self._clock.now()) - {self._host_id}:
                return
            await agents.set_status(connection, cfo_id, AgentStatus.OFFLINE, self._clock.now())
        await self._hide([cfo_id])

    async def _living(self, connection: Connection) -> frozenset[UUID]:
        """Whose agents are not to be had; nobody else adopts until the transaction ends."""
        await crew_member.lock_adopting(connection)
        return await executor_slot.living(connection, self._clock.now()) | {self._host_id}

    async def _take(self, connection: Connection, role: Role, missing: int, living: frozenset[UUID]) -> list[Hosted]:
        now = self._clock.now()
        taken: list[Hosted] = []
        while len(taken) < missing:
            asked = min(missing - len(taken), AGENTS_PER_STATEMENT_MAX)
            more = await crew_member.take(connection, role, asked, self._host_id, living, now)
            taken += more
            if len(more) < asked:
                break
        made = [new_id(self._clock) for _ in range(missing - len(taken))]
        await crew_member.make(connection, role, made, capabilities=CAPABILITIES[role], host_id=self._host_id, now=now)
        return [*taken, *(Hosted(agent_id, role, 0, 0, 0, 0) for agent_id in made)]

    async def _take_in(self, taken: Sequence[Hosted]) -> None:
        """With what they have done: Redis may know of more than the row does, never of less."""
        shown = await self._shown([each.id for each in taken])
        for each in taken:
            work = Work(each.tasks_completed, each.busy_ms, each.error_count)
            newer = shown.get(each.id, work)
            if newer.tasks > work.tasks:
                work = newer
            self._members.add(each.id, each.role, work, each.failures_in_a_row)

    async def _shown(self, agent_ids: Sequence[UUID]) -> dict[UUID, Work]:
        try:
            found = await states.read_states(self._redis, agent_ids)
        except RedisError as error:
            _log.warning("agent_states_not_read", problem=str(error))
            return {}
        return {agent_id: Work.of(state.metrics) for agent_id, state in found.items()}

    async def _hide(self, agent_ids: Sequence[UUID]) -> None:
        try:
            await states.delete_states(self._redis, agent_ids)
        except RedisError as error:
            _log.warning("agent_states_not_deleted", problem=str(error))
