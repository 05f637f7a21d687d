"""Table `task`, as outside callers ask: their productions' ends, written by the pieces' own workflows, and pages."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from chimera.core.vocabulary import TaskKind, TaskState
from chimera.storage.database import Connection
from chimera.storage.records.task import COLUMNS, TaskRecord, task_row
from chimera.storage.records.task_need import ReadyTask, cancel_dependents, release


async def reserve(connection: Connection, content_id: UUID, task_id: UUID) -> bool:
    """The draft is this task's to produce from now on; False if it is another's, or no draft of its own any more."""
    cursor = await connection.execute(
        "UPDATE content_pipeline SET metadata = metadata || jsonb_build_object('task_id', %(task)s::text) "
        "WHERE id = %(id)s AND (metadata->>'task_id' = %(task)s::text "
        "OR (stage = 'draft' AND NOT metadata ?| ARRAY['task_id', 'order']))",
        {"id": content_id, "task": str(task_id)},
    )
    return cursor.rowcount == 1


async def done(connection: Connection, task_id: UUID, result: Mapping[str, Any], now: datetime) -> list[ReadyTask]:
    """The task gave this, whoever holds it; answers what became ready by that. Told again, it stays so."""
    cursor = await connection.execute(
        "UPDATE task SET state = 'done', result = %s, error = NULL, lease_until = NULL, host_id = NULL, "
        "hinted_at = NULL, finished_at = %s, updated_at = %s "
        "WHERE id = %s AND state IN ('queued', 'running', 'waiting', 'failed')",
        (Jsonb(dict(result)), now, now, task_id),
    )
    return await release(connection, [task_id], now) if cursor.rowcount else []


async def failed(
    connection: Connection, task_id: UUID, state: TaskState, error: Mapping[str, Any], now: datetime
) -> None:
    """The task ended badly, whoever holds it; what needs it is cancelled. Told again, it stays so."""
    cursor = await connection.execute(
        "UPDATE task SET state = %s, error = %s, lease_until = NULL, host_id = NULL, hinted_at = NULL, "
        "finished_at = %s, updated_at = %s WHERE id = %s AND state IN ('queued', 'running', 'waiting')",
        (state, Jsonb(dict(error)), now, now, task_id),
    )
    if cursor.rowcount:
        await cancel_dependents(connection, [task_id], now)


async def page(
    connection: Connection,
    *,
    kind: TaskKind | None,
    state: TaskState | None,
    behind: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[TaskRecord]:
    """The newest tasks behind this place, of one kind or state or of all."""
    created_at, task_id = behind or (None, None)
    async with connection.cursor(row_factory=task_row) as cursor:
        await cursor.execute(
            f"SELECT {COLUMNS} FROM task "
            "WHERE (%(at)s::timestamptz IS NULL OR (created_at, id) < (%(at)s::timestamptz, %(id)s::uuid)) "
            "AND (%(kind)s::text IS NULL OR kind = %(kind)s) AND (%(state)s::text IS NULL OR state = %(state)s) "
            "ORDER BY created_at DESC, id DESC LIMIT %(limit)s",
            {"at": created_at, "id": task_id, "kind": kind, "state": state, "limit": limit},
        )
        return await cursor.fetchall()
