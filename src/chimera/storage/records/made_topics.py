"""Which topics already have a content piece that did not fail: `content_pipeline` beside its `trends` row."""

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
