"""An agent's live state in Redis (specification section 4, `agent:{agent_id}:state`)."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from chimera.contracts.contract import Contract, Moment
from chimera.core.vocabulary import AgentStatus, Role

Count = Annotated[int, Field(ge=0)]


class AgentMetrics(Contract):
    tasks_completed: Count
    avg_execution_time_ms: Count
    error_count: Count


class AgentState(Contract):
    agent_id: UUID
    role: Role
    status: AgentStatus
    current_task: UUID | None
    last_heartbeat: Moment
    metrics: AgentMetrics
