"""Table `video_metadata` (specification section 1); at most one row a content piece."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from chimera.core.vocabulary import Resolution
from chimera.storage.database import Connection
from chimera.storage.records.keyset import Behind, newest_first

_COLUMNS = (
    "id, content_id, title, description, duration_seconds, resolution, fps, codec, file_size_bytes, thumbnail_url, "
    "video_url, platform_ids, engagement_metrics, created_at, updated_at"
)


@dataclass(frozen=True, slots=True)
class VideoRecord:
    id: UUID
    content_id: UUID
    title: str
    description: str | None
    duration_seconds: int
    resolution: Resolution | None
    fps: int | None
    codec: str | None
    file_size_bytes: int
    thumbnail_url: str | None
    video_url: str
    platform_ids: dict[str, str]
    engagement_metrics: dict[str, Any]
    created_at: datetime
    updated_at: datetime

    def __post_init__(self) -> None:
        if self.resolution is not None:
            object.__setattr__(self, "resolution", Resolution(self.resolution))


async def put(connection: Connection, video: VideoRecord) -> None:
    """Write the piece's video row; a repeated production replaces the facts and keeps the id and platform ids."""
    await connection.execute(
        f"INSERT INTO video_metadata ({_COLUMNS}) VALUES "
        "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (content_id) DO UPDATE SET "
        "title = EXCLUDED.title, description = EXCLUDED.description, duration_seconds = EXCLUDED.duration_seconds, "
        "resolution = EXCLUDED.resolution, fps = EXCLUDED.fps, codec = EXCLUDED.codec, "
        "file_size_bytes = EXCLUDED.file_size_bytes, thumbnail_url = EXCLUDED.thumbnail_url, "
        "video_url = EXCLUDED.video_url",
        (
            video.id, video.content_id, video.title, video.description, video.duration_seconds, video.resolution,
            video.fps, video.codec, video.file_size_bytes, video.thumbnail_url, video.video_url,
            Jsonb(video.platform_ids), Jsonb(video.engagement_metrics), video.created_at, video.updated_at,
        ),
    )  # fmt: skip


async def get(connection: Connection, video_id: UUID) -> VideoRecord | None:
    async with connection.cursor(row_factory=class_row(VideoRecord)) as cursor:
        await cursor.execute(f"SELECT {_COLUMNS} FROM video_metadata WHERE id = %s", (video_id,))
        return await cursor.fetchone()


async def of_content(connection: Connection, content_id: UUID) -> VideoRecord | None:
    async with connection.cursor(row_factory=class_row(VideoRecord)) as cursor:
        await cursor.execute(f"SELECT {_COLUMNS} FROM video_metadata WHERE content_id = %s", (content_id,))
        return await cursor.fetchone()


async def add_platform_ids(connection: Connection, content_id: UUID, platform_ids: Mapping[str, str]) -> None:
    await connection.execute(
        "UPDATE video_metadata SET platform_ids = platform_ids || %s WHERE content_id = %s",
        (Jsonb(dict(platform_ids)), content_id),
    )


async def page(connection: Connection, behind: Behind, since: datetime | None, limit: int) -> list[VideoRecord]:
    """The next videos behind one of them, the newest first."""
    wanted = newest_first(behind, since)
    async with connection.cursor(row_factory=class_row(VideoRecord)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM video_metadata {wanted.where} ORDER BY created_at DESC, id DESC LIMIT %s",
            (*wanted.values, limit),
        )
        return await cursor.fetchall()
