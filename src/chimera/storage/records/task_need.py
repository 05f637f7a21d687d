"""Table `task_need`: what becomes of the tasks that wait for others, in the transaction that ends those."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from chimera.core.vocabulary import Priority, Role
from chimera.storage.array_text import uuid_array
from chimera.storage.database import Connection

DEPTH_MAX = 100
"""How far a lost need is followed at once; whatever hangs on it deeper is found by the next sweep."""
NEED_LOST = {"code": "CONFLICT", "message": "a task that it needs did not end well"}


@dataclass(frozen=True, slots=True)
class ReadyTask:
    """A queued task to hint."""

    id: UUID
    agent_role: Role
    priority: Priority


async def release(connection: Connection, done: Sequence[UUID], now: datetime) -> list[ReadyTask]:
    """Queue whatever needed these and nothing else unfinished; answers those that are due, noted as hinted.

    The waiting rows are locked before their needs are looked at: of two transactions that end the last two needs,
    the second one sees the first.
    """
    cursor = await connection.execute(
        "SELECT DISTINCT task_id FROM task_need WHERE needs_task_id = ANY(%s::uuid[])", (uuid_array(done),)
    )
    needing = [row["task_id"] for row in await cursor.fetchall()]
    if not needing:
        return []
    cursor = await connection.execute(
        "SELECT id FROM task WHERE id = ANY(%s) AND state = 'blocked' ORDER BY id FOR UPDATE", (needing,)
    )
    waiting = [row["id"] for row in await cursor.fetchall()]
    if not waiting:
        return []
    cursor = await connection.execute(
        "UPDATE task SET state = 'queued', updated_at = %(now)s, "
        "hinted_at = CASE WHEN not_before <= %(now)s THEN %(now)s::timestamptz END "
        "WHERE id = ANY(%(ids)s) AND NOT EXISTS (SELECT 1 FROM task_need JOIN task needed ON needed.id = needs_task_id "
        "WHERE task_id = task.id AND needed.state <> 'done') "
        "RETURNING id, agent_role, priority, hinted_at IS NOT NULL AS due",
        {"now": now, "ids": waiting},
    )
    return [
        ReadyTask(row["id"], Role(row["agent_role"]), Priority(row["priority"]))
        for row in await cursor.fetchall()
        if row["due"]
    ]


async def cancel_dependents(connection: Connection, lost: Sequence[UUID], now: datetime) -> int:
    """Cancel the blocked tasks that need these, and those that need them, with the reason; answers how many."""
    cursor = await connection.execute(
        "WITH RECURSIVE hanging(id, depth) AS ("
        "SELECT task_id, 1 FROM task_need WHERE needs_task_id = ANY(%(lost)s) "
        "UNION SELECT task_need.task_id, depth + 1 FROM hanging "
        "JOIN task_need ON needs_task_id = hanging.id WHERE depth < %(depth)s), "
        "held AS (SELECT id FROM task WHERE state = 'blocked' AND id IN (SELECT id FROM hanging) "
        "ORDER BY id FOR UPDATE) "
        "UPDATE task SET state = 'cancelled', error = %(error)s, finished_at = %(now)s, updated_at = %(now)s "
        "FROM held WHERE task.id = held.id",
        {"lost": list(lost), "depth": DEPTH_MAX, "error": Jsonb(NEED_LOST), "now": now},
    )
    return cursor.rowcount


async def lost_needs(connection: Connection, limit: int) -> list[UUID]:
    """Tasks that ended badly and are still waited for."""
    cursor = await connection.execute(
        "SELECT DISTINCT needed.id FROM task JOIN task_need ON task_id = task.id "
        "JOIN task needed ON needed.id = needs_task_id "
        "WHERE task.state = 'blocked' AND needed.state IN ('failed', 'dead', 'cancelled') LIMIT %s",
        (limit,),
    )
    return [row["id"] for row in await cursor.fetchall()]
