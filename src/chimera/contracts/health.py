"""The health answer (specification section 9)."""

from pydantic import Field

from chimera.contracts.contract import Contract, Moment
from chimera.core.vocabulary import ComponentHealth, Role


class HealthComponents(Contract):
    database: ComponentHealth
    redis: ComponentHealth
    mcp_layer: ComponentHealth
    agents: dict[Role, int] = Field(description="live agents by role")


class Health(Contract):
    status: ComponentHealth
    components: HealthComponents
    timestamp: Moment
