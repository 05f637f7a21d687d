"""Table `studio_halt`: who stopped everything and why, and who let it go on. At most one halt is open."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from chimera.storage.database import Connection
from chimera.storage.notices import STUDIO_HALT

_COLUMNS: LiteralString = "id, halted_by, reason, halted_at, ended_by, end_reason, ended_at"


@dataclass(frozen=True, slots=True)
class HaltRecord:
    """A halt; the last three are None while it stands."""

    id: UUID
    halted_by: str
    reason: str
    halted_at: datetime
    ended_by: str | None
    end_reason: str | None
    ended_at: datetime | None


async def begin(connection: Connection, halt_id: UUID, *, by: str, reason: str, at: datetime) -> bool:
    """Halt the studio from this transaction's commit on; False if it is halted already, which is left as it is."""
    cursor = await connection.execute(
        "INSERT INTO studio_halt (id, halted_by, reason, halted_at) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (halt_id, by, reason, at),
    )
    await connection.execute("SELECT pg_notify(%s, '')", (STUDIO_HALT,))
    return cursor.rowcount == 1


async def end(connection: Connection, *, by: str, reason: str, at: datetime) -> bool:
    """Let the studio go on from this transaction's commit on; False if it was not halted."""
    cursor = await connection.execute(
        "UPDATE studio_halt SET ended_by = %s, end_reason = %s, ended_at = %s WHERE ended_at IS NULL", (by, reason, at)
    )
    await connection.execute("SELECT pg_notify(%s, '')", (STUDIO_HALT,))
    return cursor.rowcount == 1


async def standing(connection: AsyncConnection[Any]) -> HaltRecord | None:
    """The halt that is open; None while the studio is at work."""
    async with connection.cursor(row_factory=class_row(HaltRecord)) as cursor:
        await cursor.execute(f"SELECT {_COLUMNS} FROM studio_halt WHERE ended_at IS NULL")
        return await cursor.fetchone()


async def newest(connection: Connection, limit: int) -> list[HaltRecord]:
    """The last halts, the newest first."""
    async with connection.cursor(row_factory=class_row(HaltRecord)) as cursor:
        await cursor.execute(f"SELECT {_COLUMNS} FROM studio_halt ORDER BY halted_at DESC, id DESC LIMIT %s", (limit,))
        return await cursor.fetchall()
