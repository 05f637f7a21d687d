"""Table `content_pipeline` (specification section 1). Only `pipeline/stages.py` calls `move`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from chimera.contracts.storyboard import Storyboard
from chimera.core.vocabulary import ContentFormat, Stage
from chimera.storage.database import Connection

_COLUMNS = (
    "id, trend_source_id, stage, format, script, visual_prompts, media_url, production_cost, quality_score, "
    "metadata, director_agent_id, artist_agent_id, created_at, updated_at, published_at"
)


@dataclass(frozen=True, slots=True)
class ContentRecord:
    """One content piece; `metadata` tells how it came about (storyboard, persona, tools, ledger tx ids, review)."""

    id: UUID
    trend_source_id: UUID
    stage: Stage
    format: ContentFormat | None
    script: str | None
    visual_prompts: list[str]
    media_url: str | None
    production_cost: Decimal
    quality_score: Decimal | None
    metadata: dict[str, Any]
    director_agent_id: UUID | None
    artist_agent_id: UUID | None
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "stage", Stage(self.stage))
        if self.format is not None:
            object.__setattr__(self, "format", ContentFormat(self.format))

    @property
    def draft_wanted(self) -> int:
        """Which draft the piece is to have: one more with each retry from the beginning."""
        return int(self.metadata.get("draft_wanted", 1))

    @property
    def draft_written(self) -> int:
        """Which draft stands in the row."""
        return int(self.metadata.get("draft_written", 1))

    @property
    def storyboard(self) -> Storyboard:
        """What the director planned.

        Raises:
            pydantic.ValidationError: the row holds none, or not in the contract's form.
        """
        return Storyboard.model_validate(self.metadata.get("storyboard"))


async def insert_draft(
    connection: Connection,
    content_id: UUID,
    *,
    trend_id: UUID,
    script: str,
    visual_prompts: list[str],
    metadata: Mapping[str, Any],
    director_agent_id: UUID,
) -> None:
    """A new piece in stage draft, format video; a second call with the same id changes nothing."""
    await connection.execute(
        "INSERT INTO content_pipeline (id, trend_source_id, stage, format, script, visual_prompts, metadata, "
        "director_agent_id) VALUES (%s, %s, 'draft', 'video', %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING",
        (content_id, trend_id, script, Jsonb(visual_prompts), Jsonb(dict(metadata)), director_agent_id),
    )


async def rewrite_draft(
    connection: Connection,
    content_id: UUID,
    *,
    number: int,
    script: str,
    visual_prompts: list[str],
    metadata: Mapping[str, Any],
    director_agent_id: UUID,
) -> None:
    """Put draft `number` in the place of the one before, unless it or a later one stands already."""
    await connection.execute(
        "UPDATE content_pipeline SET script = %s, visual_prompts = %s, metadata = metadata || %s, "
        "director_agent_id = %s WHERE id = %s AND stage = 'draft' "
        "AND coalesce((metadata->>'draft_written')::int, 1) < %s",
        (script, Jsonb(visual_prompts), Jsonb(dict(metadata)), director_agent_id, content_id, number),
    )


async def lock_choosing(connection: Connection) -> None:
    """Hold the choice of a topic until this transaction ends, so that two runs at once don't take the same one.

    Raises:
        psycopg.errors.QueryCanceled: another run held it for longer than a statement may take.
    """
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('content_pipeline/choosing'))")


async def get(connection: Connection, content_id: UUID) -> ContentRecord | None:
    async with connection.cursor(row_factory=class_row(ContentRecord)) as cursor:
        await cursor.execute(f"SELECT {_COLUMNS} FROM content_pipeline WHERE id = %s", (content_id,))
        return await cursor.fetchone()


async def newest(connection: Connection, stage: Stage | None, limit: int) -> list[ContentRecord]:
    """The newest pieces, of one stage or of all."""
    async with connection.cursor(row_factory=class_row(ContentRecord)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM content_pipeline WHERE %s::text IS NULL OR stage = %s "
            "ORDER BY created_at DESC, id DESC LIMIT %s",
            (stage, stage, limit),
        )
        return await cursor.fetchall()


async def move(
    connection: Connection, content_id: UUID, *, before: Stage, after: Stage, at: datetime
) -> datetime | None:
    """Change the stage if it still is `before`; answers since when it was, None where nothing changed."""
    cursor = await connection.execute(
        "UPDATE content_pipeline AS piece SET stage = %s, "
        "published_at = CASE WHEN %s = 'published' THEN %s ELSE piece.published_at END, "
        "metadata = piece.metadata || jsonb_build_object('stage_since', %s::text) "
        "FROM (SELECT id, coalesce((metadata->>'stage_since')::timestamptz, created_at) AS since "
        "FROM content_pipeline WHERE id = %s) AS was WHERE piece.id = was.id AND piece.stage = %s RETURNING was.since",
        (after, after, at, at.isoformat(), content_id, before),
    )
    row = await cursor.fetchone()
    since: datetime | None = None if row is None else row["since"]
    return since


async def merge_metadata(connection: Connection, content_id: UUID, changes: Mapping[str, Any]) -> None:
    """Set the named top-level fields of `metadata`, leaving the others."""
    await connection.execute(
        "UPDATE content_pipeline SET metadata = metadata || %s WHERE id = %s", (Jsonb(dict(changes)), content_id)
    )


async def set_production(
    connection: Connection, content_id: UUID, *, artist_agent_id: UUID, media_url: str, production_cost: Decimal
) -> None:
    await connection.execute(
        "UPDATE content_pipeline SET artist_agent_id = %s, media_url = %s, production_cost = %s WHERE id = %s",
        (artist_agent_id, media_url, production_cost, content_id),
    )


async def set_quality(connection: Connection, content_id: UUID, quality_score: Decimal) -> None:
    await connection.execute(
        "UPDATE content_pipeline SET quality_score = %s WHERE id = %s", (quality_score, content_id)
    )


async def add_timing(connection: Connection, content_id: UUID, step: str, took_ms: int) -> None:
    """Note how long a step took, in `metadata.timings_ms`; a repeated step's time replaces the earlier one."""
    await connection.execute(
        "UPDATE content_pipeline SET metadata = jsonb_set(metadata, '{timings_ms}', "
        "coalesce(metadata->'timings_ms', '{}') || jsonb_build_object(%s::text, %s::integer)) WHERE id = %s",
        (step, took_ms, content_id),
    )
