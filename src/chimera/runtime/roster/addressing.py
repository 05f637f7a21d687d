"""Whether anybody is there to do the work: asked before work is addressed to an agent or a role."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from chimera.core.errors import AgentOffline
from chimera.core.limits import AGENT_STATE_TTL_SECONDS
from chimera.core.vocabulary import Role
from chimera.storage.database import Connection
from chimera.storage.records import agents


async def require_online(connection: Connection, addressed: Iterable[tuple[Role, UUID | None]], now: datetime) -> None:
    """Return if every addressee takes work: the agent, or some agent of the role. Asks PostgreSQL twice at most.

    Raises:
        AgentOffline: one does not; `details` tell its role, and the agent where one was named.
    """
    since = now - timedelta(seconds=AGENT_STATE_TTL_SECONDS)
    wanted = set(addressed)
    if roles := {role for role, agent_id in wanted if agent_id is None}:
        for role in sorted(roles - await agents.present_roles(connection, since)):
            raise AgentOffline(f"no {role} is at work: start a worker that hosts one", {"role": role.value})
    if named := {agent_id: role for role, agent_id in wanted if agent_id is not None}:
        present = await agents.present(connection, list(named), since)
        for agent_id, role in named.items():
            _require(agent_id, role, present.get(agent_id))


def _require(agent_id: UUID, role: Role, present: Role | None) -> None:
    details = {"agent_id": str(agent_id), "role": role.value}
    if present is None:
        raise AgentOffline(f"agent {agent_id} takes no work now: see `chimera agents show {agent_id}`", {**details})
    if present is not role:
        raise AgentOffline(f"agent {agent_id} is no {role} but a {present}: address another", {**details})
