"""Table `task`, under review: what a judge or a person makes of an attempt. The attempt's number is the fence."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from chimera.storage.database import Connection
from chimera.storage.records.task import COLUMNS, TaskRecord, task_row

STALE_MAX = 10
"""How often an attempt is done again because what it had read had changed."""


async def held(connection: Connection, task_id: UUID) -> TaskRecord | None:
    """The task, which nobody else changes until this transaction ends."""
    async with connection.cursor(row_factory=task_row) as cursor:
        await cursor.execute(f"SELECT {COLUMNS} FROM task WHERE id = %s FOR UPDATE", (task_id,))
        return await cursor.fetchone()


async def pass_(connection: Connection, task_id: UUID, attempt: int, review: dict[str, Any], now: datetime) -> bool:
    """The work counts: done. Whoever passes it releases what needs it, in the same transaction."""
    cursor = await connection.execute(
        "UPDATE task SET state = 'done', review = %s, error = NULL, finished_at = %s, updated_at = %s "
        "WHERE id = %s AND attempt = %s AND state IN ('review', 'waiting')",
        (Jsonb(review), now, now, task_id, attempt),
    )
    return cursor.rowcount == 1


async def send_back(
    connection: Connection,
    task_id: UUID,
    attempt: int,
    review: dict[str, Any],
    feedback: dict[str, Any],
    now: datetime,
    *,
    counts: bool,
) -> bool:
    """Queue the task for another attempt; `feedback` goes into its payload. One that does not count is given on top."""
    cursor = await connection.execute(
        "UPDATE task SET state = 'queued', review = %s, payload = payload || %s, not_before = %s, hinted_at = %s, "
        "attempts_max = LEAST(attempts_max + %s, 100), updated_at = %s "
        "WHERE id = %s AND attempt = %s AND state = 'review'",
        (Jsonb(review), Jsonb(feedback), now, now, 0 if counts else 1, now, task_id, attempt),
    )
    return cursor.rowcount == 1


async def wait_for_person(
    connection: Connection, task_id: UUID, attempt: int, review: dict[str, Any], now: datetime
) -> bool:
    cursor = await connection.execute(
        "UPDATE task SET state = 'waiting', review = %s, updated_at = %s "
        "WHERE id = %s AND attempt = %s AND state = 'review'",
        (Jsonb(review), now, task_id, attempt),
    )
    return cursor.rowcount == 1


async def refuse(connection: Connection, task_id: UUID, error: dict[str, Any], now: datetime) -> bool:
    """A person said no: failed. Whoever refuses it cancels what needs it, in the same transaction."""
    cursor = await connection.execute(
        "UPDATE task SET state = 'failed', error = %s, finished_at = %s, updated_at = %s "
        "WHERE id = %s AND state = 'waiting'",
        (Jsonb(error), now, now, task_id),
    )
    return cursor.rowcount == 1
