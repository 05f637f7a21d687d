"""Table `agents` (specification section 1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb
from pydantic import ValidationError

from chimera.contracts.agent_config import AgentConfig
from chimera.core.errors import ValidationFailed
from chimera.core.vocabulary import AgentStatus, Role
from chimera.storage.database import Connection

_COLUMNS = "id, role, status, config, capabilities, created_at, updated_at, last_heartbeat"
_HEARD_OF = "coalesce(last_heartbeat, created_at)"
_PRESENT = (
    "agents.status <> 'offline' AND agents.last_heartbeat >= %s AND member.paused_at IS NULL "
    "AND member.retired_at IS NULL"
)
_STANDING = (
    "CASE WHEN member.retired_at IS NOT NULL THEN 'retired' WHEN member.paused_at IS NOT NULL THEN 'paused' "
    "ELSE agents.status END"
)


@dataclass(frozen=True, slots=True)
class AgentRecord:
    id: UUID
    role: Role
    status: AgentStatus
    config: dict[str, Any]
    capabilities: list[str]
    created_at: datetime
    updated_at: datetime
    last_heartbeat: datetime | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "role", Role(self.role))
        object.__setattr__(self, "status", AgentStatus(self.status))


async def ensure(connection: Connection, role: Role, capabilities: list[str], new_id: UUID) -> UUID:
    """The id of the oldest agent of `role`, made under `new_id` if there is none; safe against a second process.

    Agents of other programs have a name and don't count; retired ones neither.
    """
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"agents/{role}",))
    if (found := await oldest(connection, role)) is not None:
        return found
    await connection.execute(
        "INSERT INTO agents (id, role, capabilities) VALUES (%s, %s, %s)", (new_id, role, Jsonb(capabilities))
    )
    return new_id


async def oldest(connection: Connection, role: Role) -> UUID | None:
    """The oldest agent of the role that is neither another program's nor retired."""
    cursor = await connection.execute(
        "SELECT id FROM agents WHERE role = %s AND NOT config ? 'name' AND NOT EXISTS "
        "(SELECT FROM crew_member WHERE agent_id = agents.id AND retired_at IS NOT NULL) "
        "ORDER BY created_at, id LIMIT 1",
        (role,),
    )
    row = await cursor.fetchone()
    return None if row is None else row["id"]


async def ensure_named(connection: Connection, agent_id: UUID, name: str) -> None:
    """Register another program's agent unless it is. It has no presence here, so no work is handed to it."""
    await connection.execute(
        "INSERT INTO agents (id, role, status, config) VALUES (%s, %s, %s, %s) ON CONFLICT (id) DO NOTHING",
        (agent_id, Role.WORKER, AgentStatus.OFFLINE, Jsonb({"name": name})),
    )


async def get(connection: Connection, agent_id: UUID) -> AgentRecord | None:
    async with connection.cursor(row_factory=class_row(AgentRecord)) as cursor:
        await cursor.execute(f"SELECT {_COLUMNS} FROM agents WHERE id = %s", (agent_id,))
        return await cursor.fetchone()


async def set_status(connection: Connection, agent_id: UUID, status: AgentStatus, heartbeat: datetime) -> None:
    await connection.execute(
        "UPDATE agents SET status = %s, last_heartbeat = %s WHERE id = %s", (status, heartbeat, agent_id)
    )


async def config_of(connection: Connection, agent_id: UUID) -> AgentConfig:
    """How people set the agent; an agent of another program, and one that is not there, has no settings.

    Raises:
        ValidationFailed: its row holds what is no setting.
    """
    cursor = await connection.execute("SELECT config FROM agents WHERE id = %s", (agent_id,))
    row = await cursor.fetchone()
    if row is None or "name" in row["config"]:
        return AgentConfig()
    try:
        return AgentConfig.model_validate(row["config"])
    except ValidationError as error:
        raise ValidationFailed(
            f"the config of agent {agent_id} is not as it should be: retire it and spawn another",
            {"agent_id": str(agent_id)},
        ) from error


async def silent_since(connection: Connection, since: datetime, limit: int) -> list[UUID]:
    """Agents that are said to be there and were not heard of since then, the longest silent first."""
    cursor = await connection.execute(
        f"SELECT id FROM agents WHERE status <> 'offline' AND {_HEARD_OF} < %s ORDER BY {_HEARD_OF} LIMIT %s",
        (since, limit),
    )
    return [row["id"] for row in await cursor.fetchall()]


async def lock_sweeping(connection: Connection) -> bool:
    """Whether nobody else sweeps now; held until the transaction ends."""
    cursor = await connection.execute("SELECT pg_try_advisory_xact_lock(hashtext('agents/sweep')) AS alone")
    row = await cursor.fetchone()
    return row is not None and row["alone"]


async def set_offline(connection: Connection, agent_ids: Sequence[UUID], since: datetime) -> int:
    """Those that were still not heard of since then are offline; answers how many."""
    cursor = await connection.execute(
        f"UPDATE agents SET status = 'offline' WHERE id = ANY(%s) AND {_HEARD_OF} < %s AND status <> 'offline'",
        (list(agent_ids), since),
    )
    return cursor.rowcount


async def present_roles(connection: Connection, since: datetime) -> frozenset[Role]:
    """The roles of which at least one agent was heard of since then and takes work."""
    cursor = await connection.execute(
        "SELECT role FROM unnest(%s::text[]) AS asked(role) WHERE EXISTS (SELECT FROM agents "
        f"LEFT JOIN crew_member member ON member.agent_id = agents.id WHERE agents.role = asked.role AND {_PRESENT})",
        ([str(role) for role in Role], since),
    )
    return frozenset([Role(row["role"]) for row in await cursor.fetchall()])


async def present(connection: Connection, agent_ids: Sequence[UUID], since: datetime) -> dict[UUID, Role]:
    """Those of `agent_ids` that were heard of since then and take work, with their roles."""
    cursor = await connection.execute(
        "SELECT id, role FROM agents LEFT JOIN crew_member member ON member.agent_id = agents.id "
        f"WHERE agents.id = ANY(%s) AND {_PRESENT}",
        (list(agent_ids), since),
    )
    return {row["id"]: Role(row["role"]) for row in await cursor.fetchall()}


async def counts(connection: Connection) -> list[tuple[Role, str, int]]:
    """How many agents of each role are in each status; paused and retired ones are counted as that."""
    cursor = await connection.execute(
        f"SELECT role, {_STANDING} AS standing, count(*) AS agents FROM agents "
        "LEFT JOIN crew_member member ON member.agent_id = agents.id GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return [(Role(row["role"]), row["standing"], row["agents"]) for row in await cursor.fetchall()]


async def list_(
    connection: Connection, *, role: Role | None, standing: str | None, limit: int
) -> list[tuple[AgentRecord, str]]:
    """The newest agents with how they stand, of one role and standing if told."""
    cursor = await connection.execute(
        f"SELECT {_COLUMNS}, standing FROM (SELECT agents.*, {_STANDING} AS standing FROM agents "
        "LEFT JOIN crew_member member ON member.agent_id = agents.id) AS standing_agents "
        "WHERE (%(role)s::text IS NULL OR role = %(role)s) AND (%(standing)s::text IS NULL OR standing = %(standing)s) "
        "ORDER BY created_at DESC, id DESC LIMIT %(limit)s",
        {"role": role, "standing": standing, "limit": limit},
    )
    return [
        (AgentRecord(**{n: row[n] for n in row if n != "standing"}), row["standing"]) for row in await cursor.fetchall()
    ]


async def with_digits(connection: Connection, digits: str, limit: int) -> list[UUID]:
    """Agents with these hexadecimal digits in their id, written without dashes."""
    cursor = await connection.execute(
        "SELECT id FROM agents WHERE position(%s IN replace(id::text, '-', '')) > 0 ORDER BY id LIMIT %s",
        (digits, limit),
    )
    return [row["id"] for row in await cursor.fetchall()]
