"""Rosters on real engines: hosts that live by a lease, and what Redis and the rows say of their agents."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from redis.asyncio import Redis

from chimera.contracts.agent_state import AgentState
from chimera.core.clock import FixedClock
from chimera.core.vocabulary import Role
from chimera.runtime.roster.roster import Roster
from chimera.runtime.roster.states import state_key
from chimera.storage.database import Database
from chimera.storage.records import agents
from chimera.storage.records.agents import AgentRecord

LEASE = timedelta(seconds=20)


@dataclass
class Stage:
    """The engines the hosts of one test share."""

    redis: Redis
    database: Database
    clock: FixedClock
    slots: int = 0

    async def host(self, counts: Mapping[Role, int], *, takes_new: bool = False) -> tuple[UUID, Roster]:
        """A living host with so many agents."""
        host_id = await self.living_host()
        roster = Roster(self.redis, self.database, self.clock, host_id, takes_new=takes_new)
        await roster.adopt(counts)
        return host_id, roster

    async def roster(self, counts: Mapping[Role, int]) -> Roster:
        return (await self.host(counts))[1]

    async def living_host(self) -> UUID:
        host_id, slot, now = uuid4(), self.slots, self.clock.now()
        self.slots += 1
        async with self.database.transaction() as connection:
            await connection.execute(
                "INSERT INTO executor_slot "
                "(slot, host_id, place, session_name, application_version, started_at, lease_until) "
                "VALUES (%s, %s, 'here', 'none', 'test', %s, %s)",
                (slot, host_id, now, now + LEASE),
            )
        return host_id

    async def dies(self, host_id: UUID) -> None:
        async with self.database.transaction() as connection:
            await connection.execute("DELETE FROM executor_slot WHERE host_id = %s", (host_id,))

    async def state(self, agent_id: UUID) -> AgentState | None:
        text = await self.redis.get(state_key(agent_id))
        return AgentState.model_validate_json(text) if text else None

    async def shown(self, agent_id: UUID) -> AgentState:
        state = await self.state(agent_id)
        assert state is not None
        return state

    async def row(self, agent_id: UUID) -> AgentRecord:
        async with self.database.transaction() as connection:
            row = await agents.get(connection, agent_id)
        assert row is not None
        return row

    async def hosts(self) -> dict[UUID, UUID | None]:
        """Which host has each agent that was ever made."""
        async with self.database.transaction() as connection:
            cursor = await connection.execute("SELECT agent_id, host_id FROM crew_member")
            return {row["agent_id"]: row["host_id"] for row in await cursor.fetchall()}

    async def count(self, role: Role) -> int:
        async with self.database.transaction() as connection:
            cursor = await connection.execute("SELECT count(*) AS agents FROM agents WHERE role = %s", (role,))
            row = await cursor.fetchone()
        assert row is not None
        return int(row["agents"])


@asynccontextmanager
async def open_stage(redis_url: str, database: Database, clock: FixedClock) -> AsyncIterator[Stage]:
    redis = Redis.from_url(redis_url)
    try:
        yield Stage(redis, database, clock)
    finally:
        await redis.aclose()


async def work_once(roster: Roster, role: Role, *, took_ms: int = 100, failed: bool = False) -> UUID:
    """The agent that did one task."""
    agent_id = roster.acquire(role, uuid4())
    assert agent_id is not None
    roster.release(agent_id, took_ms, failed=failed)
    return agent_id
