"""What people order about agents: make, pause, resume, retire. Hosts follow what the rows say within seconds."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from pydantic import ValidationError

from chimera.contracts.agent_config import SETTINGS_OF, AgentConfig
from chimera.core.clock import Clock
from chimera.core.errors import Conflict, NotFound, ValidationFailed
from chimera.core.identity import new_id
from chimera.core.vocabulary import Role
from chimera.runtime.roster.capabilities import CAPABILITIES
from chimera.security.permissions import OTHER_PROGRAM
from chimera.storage.database import Connection, Database
from chimera.storage.records import agents, crew_member
from chimera.storage.records.agents import AgentRecord
from chimera.tools.registry import ALIASES


async def spawn(
    database: Database,
    clock: Clock,
    role: Role,
    count: int,
    settings: Mapping[str, Any],
    *,
    named_from: UUID | None = None,
) -> list[UUID]:
    """Make agents; a running host of the role takes them in within seconds, or the next one started does.

    With `named_from` a repeat finds the agents that were made and makes no others.

    Raises:
        ValidationFailed: there is one CFO only, or `settings` as of `checked_settings`.
    """
    kept = checked_settings(_no_cfo(role), settings)
    made = [new_id(clock) if named_from is None else uuid5(named_from, str(number)) for number in range(count)]
    async with database.transaction() as connection:
        await crew_member.make(
            connection, role, made, capabilities=CAPABILITIES[role], config=kept, host_id=None, now=clock.now()
        )
    return made


async def pause(connection: Connection, clock: Clock, agent_id: UUID) -> AgentRecord:
    """Let the agent finish what it does and take no more work.

    Raises:
        NotFound: no such agent. ValidationFailed: the CFO, or another program's. Conflict: it is retired.
    """
    row = await _steered(connection, agent_id)
    await crew_member.pause(connection, row.id, clock.now())
    return row


async def resume(connection: Connection, agent_id: UUID) -> AgentRecord:
    """Let the agent work again, after a pause or after too many failures; errors as `pause`."""
    row = await _steered(connection, agent_id)
    await crew_member.resume(connection, row.id)
    return row


async def retire(connection: Connection, clock: Clock, agent_id: UUID) -> AgentRecord:
    """Let the agent finish what it does and never work again; one that is retired already stays so."""
    row = await _steered(connection, agent_id, retired_too=True)
    await crew_member.retire(connection, row.id, clock.now())
    return row


def checked_settings(role: Role, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as they are kept. Pure.

    Raises:
        ValidationFailed: an unknown one, one that steers no agent of this role, or a wrong value.
    """
    steering = SETTINGS_OF.get(role, frozenset())
    if idle := sorted(given.keys() - steering):
        known = ", ".join(sorted(steering)) or "no settings"
        raise ValidationFailed(f"{', '.join(idle)}: a {role} is steered by {known}", {"settings": [*idle]})
    try:
        config = AgentConfig.model_validate_json(json.dumps(dict(given), default=float))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValidationFailed(f"{where}: {first['msg']}", {"field": where}) from error
    names = {alias.name for alias in ALIASES}
    if unknown := sorted(set(config.tools or ()) - names):
        raise ValidationFailed(f"tools: no tool is named {', '.join(unknown)}; there are {', '.join(sorted(names))}")
    return config.model_dump(mode="json", exclude_none=True)


async def _steered(connection: Connection, agent_id: UUID, *, retired_too: bool = False) -> AgentRecord:
    row = await agents.get(connection, agent_id)
    if row is None:
        raise NotFound(f"there is no agent {agent_id}: see `chimera agents list`", {"agent_id": str(agent_id)})
    _no_cfo(row.role)
    if OTHER_PROGRAM in row.config:
        raise ValidationFailed(f"agent {row.id} belongs to another program: it takes no work here")
    member = await crew_member.get(connection, row.id)
    if member is not None and member.retired_at is not None and not retired_too:
        raise Conflict(f"agent {row.id} is retired: spawn another", {"agent_id": str(row.id)})
    return row


def _no_cfo(role: Role) -> Role:
    if role is Role.CFO:
        raise ValidationFailed("there is one CFO, wherever its key is: to stop spending use `chimera spend pause`")
    return role
