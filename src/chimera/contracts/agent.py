"""Agents as they are listed, and what people order about them (`/v1/agents`)."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from chimera.contracts.agent_state import AgentState
from chimera.contracts.contract import Contract, Moment
from chimera.core.vocabulary import AgentStatus, Role

Standing = Literal["idle", "busy", "offline", "error", "paused", "retired"]


class Agent(Contract):
    """Section 1's row; `standing` is its status, or `paused` or `retired` where a person said so."""

    agent_id: UUID
    role: Role
    status: AgentStatus
    standing: Standing
    config: dict[str, Any]
    capabilities: tuple[str, ...]
    created_at: Moment
    updated_at: Moment
    last_heartbeat: Moment | None


class AgentPage(Contract):
    """Agents, the newest first; `next_cursor` asks for those behind them."""

    agents: tuple[Agent, ...]
    next_cursor: str | None


class AgentMember(Contract):
    """What stands beside an agent's row: the process that hosts it, whether it may work, what it has done."""

    host_id: UUID | None
    paused_at: Moment | None
    retired_at: Moment | None
    rests_until: Moment | None
    failures_in_a_row: Annotated[int, Field(ge=0)]
    tasks_completed: Annotated[int, Field(ge=0)]
    busy_ms: Annotated[int, Field(ge=0)]
    error_count: Annotated[int, Field(ge=0)]


class AgentDetails(Contract):
    """One agent; `state` is what its process shows, None where none does."""

    agent: Agent
    member: AgentMember | None
    state: AgentState | None


class AgentsMade(Contract):
    """Agents that wait for a host that takes them in."""

    role: Role
    agent_ids: tuple[UUID, ...]


class AgentOrder(Contract):
    """What was ordered about an agent; its host follows within seconds."""

    agent_id: UUID
    role: Role
    done: Literal["paused", "resumed", "retired"]
