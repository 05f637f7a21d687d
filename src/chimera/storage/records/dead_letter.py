"""Table `dead_letter`: hints that were no hints and tasks that were given up, with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from chimera.storage.database import Connection

LETTERS_MAX = 100_000
_TRIMMED_AT_ONCE = 20_000
_COLUMNS = "id, queue, message, reason, task_id, created_at"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`message` is text that PostgreSQL can hold: whoever writes it has made it so."""

    id: UUID
    queue: str
    message: str
    reason: str
    task_id: UUID | None
    created_at: datetime


async def add_all(connection: Connection, letters: Sequence[DeadLetter]) -> None:
    await connection.execute(
        f"INSERT INTO dead_letter ({_COLUMNS}) SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], "
        "%s::uuid[], %s::timestamptz[]) ON CONFLICT (id) DO NOTHING",
        (
            [letter.id for letter in letters],
            [letter.queue for letter in letters],
            [letter.message for letter in letters],
            [letter.reason for letter in letters],
            [letter.task_id for letter in letters],
            [letter.created_at for letter in letters],
        ),
    )


async def trim(connection: Connection, keep: int = LETTERS_MAX) -> int:
    """Drop the oldest beyond `keep`, a bounded number at once; answers how many."""
    cursor = await connection.execute(
        "DELETE FROM dead_letter WHERE id IN "
        "(SELECT id FROM dead_letter ORDER BY created_at DESC, id DESC OFFSET %s LIMIT %s)",
        (keep, _TRIMMED_AT_ONCE),
    )
    return cursor.rowcount


async def newest(connection: Connection, limit: int) -> list[DeadLetter]:
    async with connection.cursor(row_factory=class_row(DeadLetter)) as cursor:
        await cursor.execute(f"SELECT {_COLUMNS} FROM dead_letter ORDER BY created_at DESC, id DESC LIMIT %s", (limit,))
        return await cursor.fetchall()


async def count(connection: Connection) -> int:
    row = await (await connection.execute("SELECT count(*) AS letters FROM dead_letter")).fetchone()
    return int(row["letters"]) if row else 0


async def clear(connection: Connection, until: datetime) -> int:
    """Drop every letter written up to `until`; the tasks they tell of stay."""
    return (await connection.execute("DELETE FROM dead_letter WHERE created_at <= %s", (until,))).rowcount
