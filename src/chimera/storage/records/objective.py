"""Table `objective`: what channels are to do. `version` counts its changes, `choices` those of what is spoken for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from chimera.storage.database import Connection

ObjectiveState = Literal["active", "paused", "ended"]
OBJECTIVES_MAX = 100
_COLUMNS = "id, name, document, state, state_reason, active_since, version, choices, created_at, updated_at"


@dataclass(frozen=True, slots=True)
class ObjectiveRecord:
    """`document` is an `Objective`; `active_since` is when it was last set going."""

    id: UUID
    name: str
    document: dict[str, Any]
    state: ObjectiveState
    state_reason: str | None
    active_since: datetime
    version: int
    choices: int
    created_at: datetime
    updated_at: datetime


async def add(connection: Connection, objective_id: UUID, name: str, document: dict[str, Any], now: datetime) -> bool:
    """Add an active objective; False if there is one of this name."""
    cursor = await connection.execute(
        "INSERT INTO objective (id, name, document, active_since, created_at) VALUES (%s, %s, %s, %s, %s) "
        "ON CONFLICT DO NOTHING",
        (objective_id, name, Jsonb(document), now, now),
    )
    return cursor.rowcount == 1


async def change(connection: Connection, objective_id: UUID, document: dict[str, Any], *, over_version: int) -> bool:
    """Write a new document over the version named; False, having changed nothing, where another stands."""
    cursor = await connection.execute(
        "UPDATE objective SET document = %s, version = version + 1 WHERE id = %s AND version = %s",
        (Jsonb(document), objective_id, over_version),
    )
    return cursor.rowcount == 1


async def set_state(
    connection: Connection, objective_id: UUID, state: ObjectiveState, reason: str | None, now: datetime
) -> bool:
    """Pause, end or set going; False where it stands so already. The document's version stays."""
    cursor = await connection.execute(
        "UPDATE objective SET state = %(state)s, state_reason = %(reason)s, "
        "active_since = CASE WHEN %(state)s = 'active' THEN %(now)s ELSE active_since END "
        "WHERE id = %(id)s AND state <> %(state)s",
        {"state": state, "reason": reason, "now": now, "id": objective_id},
    )
    return cursor.rowcount == 1


async def count_choice(connection: Connection, objective_id: UUID, *, over_choices: int) -> bool:
    """A topic and its money are spoken for; False, having changed nothing, where somebody else chose meanwhile."""
    cursor = await connection.execute(
        "UPDATE objective SET choices = choices + 1 WHERE id = %s AND choices = %s", (objective_id, over_choices)
    )
    return cursor.rowcount == 1


async def get(connection: Connection, objective_id: UUID) -> ObjectiveRecord | None:
    return await _one(connection, "id = %s", objective_id)


async def held(connection: Connection, objective_id: UUID) -> ObjectiveRecord | None:
    """The objective, which nobody else changes or holds until this transaction ends."""
    return await _one(connection, "id = %s FOR UPDATE", objective_id)


async def named(connection: Connection, name: str) -> ObjectiveRecord | None:
    return await _one(connection, "name = %s", name)


async def all_of(connection: Connection, state: ObjectiveState | None = None) -> list[ObjectiveRecord]:
    """The objectives of one state or of all, by name; at most 100."""
    async with connection.cursor(row_factory=class_row(ObjectiveRecord)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM objective WHERE %s::text IS NULL OR state = %s ORDER BY name LIMIT %s",
            (state, state, OBJECTIVES_MAX),
        )
        return await cursor.fetchall()


async def _one(connection: Connection, condition: str, value: object) -> ObjectiveRecord | None:
    async with connection.cursor(row_factory=class_row(ObjectiveRecord)) as cursor:
        await cursor.execute(f"SELECT {_COLUMNS} FROM objective WHERE {condition}", (value,))
        return await cursor.fetchone()
