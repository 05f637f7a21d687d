"""`chimera agents list|show|spawn|pause|resume|retire`: who is in the crew."""

import asyncio
import json as json_text
import re
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from cyclopts import Parameter, validators
from redis.exceptions import RedisError

from chimera.bootstrap.studio import Studio
from chimera.cli.agents_text import print_agent, print_agents
from chimera.cli.document import print_json
from chimera.cli.options import Json
from chimera.cli.screen import screen
from chimera.cli.studio import studio_of_environment
from chimera.cli.transaction import DIGITS_MIN, whole_id
from chimera.contracts.agent_state import AgentState
from chimera.core.errors import Conflict, NotFound, ValidationFailed
from chimera.core.vocabulary import Role
from chimera.runtime.roster import steering
from chimera.runtime.roster.states import read_states
from chimera.storage.database import Connection
from chimera.storage.records import agents, crew_member
from chimera.storage.records.agents import AgentRecord
from chimera.storage.records.crew_member import MemberRecord

RoleName = Literal["scout", "director", "artist", "cfo", "planner", "worker", "judge"]
Standing = Literal["idle", "busy", "offline", "error", "paused", "retired"]
Agent = Annotated[str, Parameter(help="The agent's id, or six or more hexadecimal digits of it that fit one only.")]
Count = Annotated[int, Parameter(validator=validators.Number(gte=1, lte=100_000), help="How many.")]
Limit = Annotated[int, Parameter(validator=validators.Number(gte=1, lte=1000), help="How many of the newest to list.")]
ConfigFile = Annotated[Path | None, Parameter(name="--config", help="Their settings, as a JSON file.")]
CONFIG_BYTES_MAX = 65_536
_FITS_SHOWN_MAX = 5


async def list_(
    *, role: RoleName | None = None, status: Standing | None = None, limit: Limit = 20, json: Json = False
) -> None:
    """Count the agents by role and status, then list the newest."""
    wanted = Role(role) if role else None
    async with studio_of_environment() as studio, studio.database.transaction() as connection:
        counts = await agents.counts(connection)
        listed = await agents.page(connection, None, role=wanted, standing=status, limit=limit)
    if json:
        summary: dict[str, dict[str, int]] = {}
        for counted, standing, number in counts:
            summary.setdefault(counted.value, {})[standing] = number
        print_json({"counts": summary, "agents": [_document(row, standing) for row, standing in listed]})
    else:
        print_agents(counts, listed, screen())


async def show(agent: Agent, *, json: Json = False) -> None:
    """Show one agent: its row, its live state, its host, its settings."""
    async with studio_of_environment() as studio:
        async with studio.database.transaction() as connection:
            row = await _shown(connection, await _meant(connection, agent))
            member = await crew_member.get(connection, row.id)
        state = await _state(studio, row.id)
    if json:
        told = _document(row, row.status.value) | {"member": _member_document(member)}
        print_json(told | {"state": state.model_dump(mode="json") if state else None})
    else:
        print_agent(row, member, state, screen())


async def spawn(role: RoleName, *, count: Count = 1, config: ConfigFile = None, json: Json = False) -> None:
    """Make agents; a running worker that hosts the role takes them in within seconds, or the next one started does."""
    given = await asyncio.to_thread(_read, config) if config is not None else {}
    settings = steering.checked_settings(Role(role), given)
    async with studio_of_environment() as studio:
        made = await steering.spawn(studio.database, studio.clock, Role(role), count, given)
    if json:
        print_json({"role": role, "count": count, "config": settings, "agent_ids": [str(each) for each in made]})
    else:
        named = str(made[0]) if count == 1 else f"{made[0]} and {count - 1} more"
        screen().print(f"Made {count} {role}: {named}.", highlight=False)


async def pause(agent: Agent, *, json: Json = False) -> None:
    """Let an agent finish what it does and take no more work."""
    async with studio_of_environment() as studio, studio.database.transaction() as connection:
        row = await steering.pause(connection, studio.clock, await _meant(connection, agent))
    _tell(row, "paused", "takes no more work", as_json=json)


async def resume(agent: Agent, *, json: Json = False) -> None:
    """Let an agent work again, after a pause or after too many failures."""
    async with studio_of_environment() as studio, studio.database.transaction() as connection:
        row = await steering.resume(connection, await _meant(connection, agent))
    _tell(row, "resumed", "may work again", as_json=json)


async def retire(agent: Agent, *, json: Json = False) -> None:
    """Let an agent finish what it does and never work again; what it did still names it."""
    async with studio_of_environment() as studio, studio.database.transaction() as connection:
        row = await steering.retire(connection, studio.clock, await _meant(connection, agent))
    _tell(row, "retired", "never works again", as_json=json)


def _tell(row: AgentRecord, done: str, meaning: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"agent_id": str(row.id), "role": row.role.value, "done": done})
    else:
        screen().print(f"{row.role.value.capitalize()} {row.id} is {done}: it {meaning}.", highlight=False)


async def _meant(connection: Connection, text: str) -> UUID:
    return whole_id(text) or await _by_digits(connection, text)


async def _shown(connection: Connection, agent_id: UUID) -> AgentRecord:
    row = await agents.get(connection, agent_id)
    if row is None:
        raise NotFound(f"there is no agent {agent_id}: see `chimera agents list`", {"agent_id": str(agent_id)})
    return row


async def _by_digits(connection: Connection, text: str) -> UUID:
    digits = text.strip().lower().replace("-", "")
    if not re.fullmatch(rf"[0-9a-f]{{{DIGITS_MIN},31}}", digits):
        raise ValidationFailed(
            f"{text[:40]!r} is no agent: give its id, or {DIGITS_MIN} or more hexadecimal digits of it",
            {"agent": text[:40]},
        )
    found = await agents.with_digits(connection, digits, _FITS_SHOWN_MAX)
    if not found:
        raise NotFound(f"no agent has {digits} in its id", {"agent": digits})
    if len(found) > 1:
        raise Conflict(f"{digits} fits several agents: give more of the id", {"fits": [str(each) for each in found]})
    return found[0]


async def _state(studio: Studio, agent_id: UUID) -> AgentState | None:
    try:
        return (await read_states(studio.redis, [agent_id])).get(agent_id)
    except RedisError:
        return None


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            text = file.read(CONFIG_BYTES_MAX + 1)
        settings = json_text.loads(text) if len(text) <= CONFIG_BYTES_MAX else None
    except OSError as error:
        raise ValidationFailed(f"{path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise ValidationFailed(f"{path} is no JSON: {error}") from error
    if not isinstance(settings, dict):
        raise ValidationFailed(f"{path} must hold one JSON object of at most 64 KB")
    return settings


def _document(row: AgentRecord, standing: str) -> dict[str, object]:
    return {name: _plain(value) for name, value in asdict(row).items()} | {"standing": standing}


def _member_document(member: MemberRecord | None) -> dict[str, object] | None:
    if member is None:
        return None
    return {name: _plain(value) for name, value in asdict(member).items() if name != "agent_id"}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, UUID) else value
