"""What finished productions really used: `content_pipeline.metadata.tools` beside `video_metadata.duration_seconds`."""

from dataclasses import dataclass
from typing import Any

from psycopg.rows import class_row

from chimera.storage.database import Connection


@dataclass(frozen=True, slots=True)
class ProductionRecord:
    """`tools` is a list of `ToolUse` documents as the artist kept them."""

    quality_preset: str | None
    aspect: str | None
    duration_seconds: int
    tools: list[dict[str, Any]]


async def newest(connection: Connection, limit: int) -> list[ProductionRecord]:
    """The newest productions that measured their tools."""
    async with connection.cursor(row_factory=class_row(ProductionRecord)) as cursor:
        await cursor.execute(
            "SELECT content.metadata->>'quality_preset' AS quality_preset, content.metadata->>'aspect' AS aspect, "
            "video.duration_seconds, content.metadata->'tools' AS tools FROM content_pipeline content "
            "JOIN video_metadata video ON video.content_id = content.id "
            "WHERE jsonb_typeof(content.metadata->'tools') = 'array' "
            "ORDER BY content.created_at DESC, content.id DESC LIMIT %s",
            (limit,),
        )
        return await cursor.fetchall()
