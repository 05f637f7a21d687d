"""Table `agents` (specification section 1)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from chimera.core.vocabulary import AgentStatus, Role
from chimera.storage.database import Connection

_COLUMNS = "id, role, status, config, capabilities, created_at, updated_at, last_heartbeat"


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

    Agents of other programs have a name and don't count.
    """
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"agents/{role}",))
    cursor = await connection.execute(
        "SELECT id FROM agents WHERE role = %s AND NOT config ? 'name' ORDER BY created_at, id LIMIT 1", (role,)
    )
    if row := await cursor.fetchone():
        found: UUID = row["id"]
        return found
    await connection.execute(
        "INSERT INTO agents (id, role, capabilities) VALUES (%s, %s, %s)", (new_id, role, Jsonb(capabilities))
    )
    return new_id


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
