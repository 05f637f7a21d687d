"""`/v1/agents`: who is in the crew, and what people order about agents."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from redis.exceptions import RedisError

from chimera.contracts.agent import Agent, AgentDetails, AgentMember, AgentOrder, AgentPage, AgentsMade, Standing
from chimera.contracts.agent_state import AgentState
from chimera.contracts.contract import Contract
from chimera.core.errors import Conflict, NotFound, ValidationFailed
from chimera.core.vocabulary import Role
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import WRITING, AnyOperation, Call, Operation
from chimera.runtime.operations.pages import PageRequest, cursor_of, read_cursor
from chimera.runtime.roster import steering
from chimera.runtime.roster.states import read_states
from chimera.security.permissions import Permission
from chimera.storage.records import agents, crew_member
from chimera.storage.records.agents import AgentRecord
from chimera.storage.records.crew_member import MemberRecord

SPAWNED_MAX = 1_000


class AgentsAsked(PageRequest):
    """Agents of one role and standing; what is left out is open."""

    role: Role | None = None
    standing: Standing | None = None


class AgentNamed(Contract):
    agent_id: UUID


class AgentsWanted(Contract):
    """`config` steers them: see the settings of the role."""

    role: Role
    count: Annotated[int, Field(ge=1, le=SPAWNED_MAX)] = 1
    config: dict[str, Any] = Field(default_factory=dict, max_length=20)


def agent_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    """The reads of agents and the orders about them."""

    async def list_agents(_call: Call, asked: AgentsAsked) -> AgentPage:
        async with desk.database.transaction() as connection:
            rows = await agents.page(
                connection,
                read_cursor(asked.cursor),
                role=asked.role,
                standing=asked.standing,
                limit=asked.limit + 1,
            )
        listed = rows[: asked.limit]
        last = listed[-1][0] if len(rows) > asked.limit else None
        return AgentPage(
            agents=tuple(_told(row, standing) for row, standing in listed),
            next_cursor=None if last is None else cursor_of(last.created_at, last.id),
        )

    async def show_agent(_call: Call, asked: AgentNamed) -> AgentDetails:
        async with desk.database.transaction() as connection:
            row = await agents.get(connection, asked.agent_id)
            member = await crew_member.get(connection, asked.agent_id)
        if row is None:
            raise NotFound(f"there is no agent {asked.agent_id}", {"agent_id": str(asked.agent_id)})
        return AgentDetails(
            agent=_told(row, _standing(row, member)),
            member=None if member is None else _member(member),
            state=await _state(desk, row.id),
        )

    async def spawn(call: Call, asked: AgentsWanted) -> AgentsMade:
        made = await steering.spawn(
            desk.database, desk.clock, asked.role, asked.count, asked.config, named_from=call.created_id
        )
        return AgentsMade(role=asked.role, agent_ids=tuple(made))

    async def pause(_call: Call, asked: AgentNamed) -> AgentOrder:
        async with desk.database.transaction() as connection:
            row = await steering.pause(connection, desk.clock, asked.agent_id)
        return AgentOrder(agent_id=row.id, role=row.role, done="paused")

    async def resume(_call: Call, asked: AgentNamed) -> AgentOrder:
        async with desk.database.transaction() as connection:
            row = await steering.resume(connection, asked.agent_id)
        return AgentOrder(agent_id=row.id, role=row.role, done="resumed")

    async def retire(_call: Call, asked: AgentNamed) -> AgentOrder:
        async with desk.database.transaction() as connection:
            row = await steering.retire(connection, desk.clock, asked.agent_id)
        return AgentOrder(agent_id=row.id, role=row.role, done="retired")

    return (
        Operation(
            name="agents.list",
            summary="List the agents, the newest first.",
            method="GET",
            path="/v1/agents",
            asks=AgentsAsked,
            answers=AgentPage,
            run=list_agents,
            right=Permission.READ_CONTENT,
            failures=(ValidationFailed,),
        ),
        Operation(
            name="agents.show",
            summary="Show one agent: its row, its live state, its host.",
            method="GET",
            path="/v1/agents/{agent_id}",
            asks=AgentNamed,
            answers=AgentDetails,
            run=show_agent,
            right=Permission.READ_CONTENT,
            failures=(NotFound,),
        ),
        Operation(
            name="agents.spawn",
            summary="Make agents; a running worker that hosts the role takes them in within seconds.",
            method="POST",
            path="/v1/agents",
            asks=AgentsWanted,
            answers=AgentsMade,
            run=spawn,
            right=Permission.WRITE_AGENTS,
            failures=(ValidationFailed,),
            status=201,
            rate=WRITING,
            creates=True,
        ),
        Operation(
            name="agents.pause",
            summary="Let an agent finish what it does and take no more work.",
            method="POST",
            path="/v1/agents/{agent_id}/pause",
            asks=AgentNamed,
            answers=AgentOrder,
            run=pause,
            right=Permission.WRITE_AGENTS,
            failures=(NotFound, Conflict, ValidationFailed),
            rate=WRITING,
        ),
        Operation(
            name="agents.resume",
            summary="Let an agent work again, after a pause or after too many failures.",
            method="POST",
            path="/v1/agents/{agent_id}/resume",
            asks=AgentNamed,
            answers=AgentOrder,
            run=resume,
            right=Permission.WRITE_AGENTS,
            failures=(NotFound, Conflict, ValidationFailed),
            rate=WRITING,
        ),
        Operation(
            name="agents.retire",
            summary="Let an agent finish what it does and never work again.",
            method="POST",
            path="/v1/agents/{agent_id}/retire",
            asks=AgentNamed,
            answers=AgentOrder,
            run=retire,
            right=Permission.WRITE_AGENTS,
            failures=(NotFound, ValidationFailed),
            rate=WRITING,
        ),
    )


def _told(row: AgentRecord, standing: str) -> Agent:
    return Agent.model_validate(
        {
            "agent_id": row.id,
            "role": row.role,
            "status": row.status,
            "standing": standing,
            "config": row.config,
            "capabilities": row.capabilities,
            "created_at": row.created_at,
            "updated_at": row.updated_at,
            "last_heartbeat": row.last_heartbeat,
        }
    )


def _standing(row: AgentRecord, member: MemberRecord | None) -> str:
    if member is not None and member.retired_at is not None:
        return "retired"
    return "paused" if member is not None and member.paused_at is not None else row.status.value


def _member(row: MemberRecord) -> AgentMember:
    return AgentMember(
        host_id=row.host_id,
        paused_at=row.paused_at,
        retired_at=row.retired_at,
        rests_until=row.rests_until,
        failures_in_a_row=row.failures_in_a_row,
        tasks_completed=row.tasks_completed,
        busy_ms=row.busy_ms,
        error_count=row.error_count,
    )


async def _state(desk: Desk, agent_id: UUID) -> AgentState | None:
    try:
        return (await read_states(desk.redis, [agent_id])).get(agent_id)
    except RedisError:
        return None
