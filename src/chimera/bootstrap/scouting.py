"""A scout on an open studio: looks at one source, and shows no name that the SafetyGateway blocks."""

from datetime import datetime
from uuid import UUID

from chimera.agents.scout.agent import Looking, Scout
from chimera.agents.scout.look import look_at
from chimera.bootstrap.studio import Studio
from chimera.contracts.review import SafetyVerdict
from chimera.safety.gateway import SafetyGateway
from chimera.safety.policy import load_policy
from chimera.sources.post import PostSource


def scout_of(studio: Studio, agent_id: UUID, source: PostSource, as_of: datetime, look: Looking = look_at) -> Scout:
    """The scout `agent_id`, set to one source as of one moment."""
    gateway = SafetyGateway(load_policy())

    def presentable(name: str) -> bool:
        return gateway.check({"name": name}).verdict is not SafetyVerdict.BLOCKED

    return Scout(agent_id, studio.database, source, studio.clock, as_of, presentable, look)
