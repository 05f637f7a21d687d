"""Which topics already have a content piece that did not fail, or are about to get one.

`content_pipeline` beside its `trends` row, and choices of tasks whose piece's own task has not ended.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from chimera.storage.database import Connection


@dataclass(frozen=True, slots=True)
class MadeTopic:
    content_id: UUID
    trend_id: UUID
    topic: str
    metadata: dict[str, Any]


async def between(connection: Connection, earliest: datetime, latest: datetime) -> list[MadeTopic]:
    """Topics whose evidence is as of a moment between the two, newest piece first, at most 5,000."""
    async with connection.cursor(row_factory=class_row(MadeTopic)) as cursor:
        await cursor.execute(
            "SELECT content.id AS content_id, trend.id AS trend_id, trend.topic, trend.metadata "
            "FROM content_pipeline content JOIN trends trend ON trend.id = content.trend_source_id "
            "WHERE content.stage <> 'failed' "
            "AND COALESCE((trend.metadata->'evidence'->>'as_of')::timestamptz, trend.created_at) BETWEEN %s AND %s "
            "ORDER BY content.created_at DESC, content.id LIMIT 5000",
            (earliest, latest),
        )
        return await cursor.fetchall()


async def chosen(connection: Connection) -> list[MadeTopic]:
    """Topics whose choice counts already while the task of their piece is open, at most 1,000."""
    async with connection.cursor(row_factory=class_row(MadeTopic)) as cursor:
        await cursor.execute(
            "SELECT piece.content_id, trend.id AS trend_id, trend.topic, trend.metadata "
            "FROM task piece JOIN task_need need ON need.task_id = piece.id "
            "JOIN task choice ON choice.id = need.needs_task_id "
            "JOIN trends trend ON trend.id = (choice.result->>'trend_id')::uuid "
            "WHERE piece.kind = 'content' AND piece.content_id IS NOT NULL AND choice.kind = 'choose' "
            "AND choice.state = 'done' AND piece.state IN ('blocked', 'queued', 'running', 'waiting', 'review') "
            "ORDER BY piece.created_at DESC, piece.id LIMIT 1000"
        )
        return await cursor.fetchall()
