"""Pieces in flight as they are watched: their rows, and beside each what it is doing."""

from collections.abc import Collection
from uuid import UUID

from redis.asyncio import Redis

from chimera.contracts.progress import PieceWatch
from chimera.contracts.review import ReviewOutcome
from chimera.core.errors import NotFound
from chimera.core.vocabulary import Stage
from chimera.pipeline.progress_events import shown
from chimera.storage.database import Database
from chimera.storage.records import content_pipeline
from chimera.storage.records.content_pipeline import ContentRecord

NEWEST_MAX = 200
_ENDED = frozenset({Stage.PUBLISHED, Stage.FAILED})


async def watched(database: Database, redis: Redis, content_ids: Collection[UUID] | None) -> list[PieceWatch]:
    """These pieces; without ids those of the newest two hundred that are in flight.

    Raises:
        NotFound: there is no such piece.
    """
    async with database.transaction() as connection:
        if content_ids is None:
            rows = [row for row in await content_pipeline.newest(connection, None, NEWEST_MAX) if not at_rest(row)]
        else:
            rows = []
            for content_id in content_ids:
                row = await content_pipeline.get(connection, content_id)
                if row is None:
                    raise NotFound(f"there is no content piece {content_id}", {"content_id": str(content_id)})
                rows.append(row)
    progress = await shown(redis, [row.id for row in rows])
    return [
        PieceWatch(
            content_id=row.id,
            stage=row.stage,
            title=str((row.metadata.get("storyboard") or {}).get("title", "")),
            at_rest=at_rest(row),
            progress=progress.get(row.id),
        )
        for row in rows
    ]


def at_rest(piece: ContentRecord) -> bool:
    """Whether nothing more happens to the piece by itself: it ended, or a person must review it. Pure."""
    reviewed = (piece.metadata.get("review") or {}).get("outcome")
    return piece.stage in _ENDED or (piece.stage is Stage.REVIEW and reviewed == ReviewOutcome.HUMAN)
