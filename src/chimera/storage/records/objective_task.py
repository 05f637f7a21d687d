"""Table `task`, as the planner reads it: what was ordered for an objective, and what is to be followed up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from chimera.storage.database import Connection
from chimera.storage.records.task import COLUMNS, TaskRecord, task_row

TASKS_MAX = 5_000
_OPEN = "('blocked', 'queued', 'running', 'review', 'waiting')"


async def ordered(connection: Connection, objective_id: UUID, since: datetime) -> list[TaskRecord]:
    """The objective's scans, choices and pieces that were ordered since then or are still open; newest first."""
    return await _read(
        connection,
        "objective_id = %s AND kind IN ('scan', 'choose', 'content') "
        f"AND (created_at >= %s OR state IN {_OPEN}) ORDER BY created_at DESC, id LIMIT {TASKS_MAX}",
        objective_id,
        since,
    )


async def unreviewed(connection: Connection, limit: int) -> list[TaskRecord]:
    """Tasks whose attempt waits for a judge that nobody has called yet, oldest first."""
    return await _read(
        connection,
        "state = 'review' AND NOT EXISTS (SELECT 1 FROM task review WHERE review.kind = 'review' "
        "AND review.payload->>'task_id' = task.id::text AND (review.payload->>'attempt')::int = task.attempt) "
        f"ORDER BY updated_at LIMIT {int(limit)}",
    )


async def pieces_under_way(connection: Connection, limit: int) -> list[TaskRecord]:
    """Content tasks whose workflow was started and whose end nobody has judged yet, oldest first."""
    return await _read(
        connection,
        "kind = 'content' AND state = 'waiting' AND coalesce(review->>'outcome', '') <> 'human' "
        f"ORDER BY created_at, id LIMIT {int(limit)}",
    )


async def end_waiting(
    connection: Connection,
    record: TaskRecord,
    *,
    result: dict[str, Any] | None = None,
    error: dict[str, Any] | None = None,
    now: datetime,
) -> bool:
    """What a waiting task waited for is there: a result goes to review, an error fails it; False if it waits no more.

    Whoever fails one cancels what needs it.
    """
    cursor = await connection.execute(
        "UPDATE task SET state = CASE WHEN %(error)s::jsonb IS NULL THEN 'review' ELSE 'failed' END, "
        "result = coalesce(result, '{}') || coalesce(%(result)s::jsonb, '{}'), error = %(error)s, "
        "updated_at = %(now)s, "
        "finished_at = CASE WHEN %(error)s::jsonb IS NULL THEN NULL ELSE %(now)s::timestamptz END "
        "WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'waiting'",
        {
            "id": record.id,
            "attempt": record.attempt,
            "result": None if result is None else Jsonb(result),
            "error": None if error is None else Jsonb(error),
            "now": now,
        },
    )
    return cursor.rowcount == 1


async def cancel_unbegun(connection: Connection, ids: Sequence[UUID], reason: str, now: datetime) -> list[UUID]:
    """Cancel those that nobody works on yet, and choices that a person held up; answers which."""
    cursor = await connection.execute(
        "UPDATE task SET state = 'cancelled', error = %s, finished_at = %s, updated_at = %s "
        "WHERE id = ANY(%s) AND (state IN ('blocked', 'queued') "
        "OR (state = 'waiting' AND error->>'code' = 'WAITS_FOR_HUMAN')) RETURNING id",
        (Jsonb({"code": "CANCELLED", "message": reason}), now, now, list(ids)),
    )
    return [row["id"] for row in await cursor.fetchall()]


async def _read(connection: Connection, condition: str, *values: object) -> list[TaskRecord]:
    async with connection.cursor(row_factory=task_row) as cursor:
        await cursor.execute(f"SELECT {COLUMNS} FROM task WHERE {condition}", values)
        return await cursor.fetchall()
