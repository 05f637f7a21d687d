"""Tables `content_pipeline`, `trends` and `video_metadata` as a list of pieces reads them.

Of a piece's metadata only what a line tells is read: whole ones are a hundred times that.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from chimera.core.vocabulary import Stage
from chimera.storage.database import Connection
from chimera.storage.records.keyset import Behind, newest_first

_SELECT = (
    "SELECT piece.id, piece.stage, piece.format, trend.topic, piece.metadata->'storyboard'->>'title' AS title, "
    "piece.production_cost, piece.quality_score, piece.media_url, piece.created_at, piece.published_at, "
    "jsonb_build_object('error', piece.metadata->'error', 'waits_for', piece.metadata->'waits_for', "
    "'review', jsonb_build_object('outcome', piece.metadata->'review'->'outcome', "
    "'reasons', piece.metadata->'review'->'reasons')) AS told, coalesce(video.platform_ids, '{}') AS platform_ids "
    "FROM (SELECT * FROM content_pipeline {where} ORDER BY created_at DESC, id DESC LIMIT %s) AS piece "
    "JOIN trends trend ON trend.id = piece.trend_source_id "
    "LEFT JOIN video_metadata video ON video.content_id = piece.id ORDER BY piece.created_at DESC, piece.id DESC"
)


@dataclass(frozen=True, slots=True)
class ContentRow:
    """A line of the list; `told` holds those parts of the metadata that say why a piece went no further."""

    id: UUID
    stage: str
    format: str | None
    topic: str
    title: str | None
    production_cost: Decimal
    quality_score: Decimal | None
    media_url: str | None
    created_at: datetime
    published_at: datetime | None
    told: dict[str, Any]
    platform_ids: dict[str, str]


@dataclass(frozen=True, slots=True)
class ContentFilter:
    """Which pieces are listed; None leaves a column open."""

    stage: Stage | None = None
    trend_id: UUID | None = None
    since: datetime | None = None


async def page(connection: Connection, wanted: ContentFilter, behind: Behind, limit: int) -> list[ContentRow]:
    """The next pieces behind one of them, the newest first."""
    conditions = newest_first(behind, wanted.since)
    if wanted.stage is not None:
        conditions.add("stage = %s", wanted.stage)
    if wanted.trend_id is not None:
        conditions.add("trend_source_id = %s", wanted.trend_id)
    async with connection.cursor(row_factory=class_row(ContentRow)) as cursor:
        await cursor.execute(_SELECT.replace("{where}", conditions.where), (*conditions.values, limit))
        return await cursor.fetchall()
