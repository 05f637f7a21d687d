"""The only place where a content piece changes its stage: draft -> generating -> review -> published, or failed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chimera.core.clock import Clock
from chimera.core.errors import ChimeraError, Conflict, Detail
from chimera.core.vocabulary import Stage
from chimera.pipeline import flow
from chimera.storage.database import Database
from chimera.storage.records import content_pipeline, piece_fence
from chimera.telemetry import metrics

NEXT: dict[Stage, frozenset[Stage]] = {
    Stage.DRAFT: frozenset({Stage.GENERATING, Stage.FAILED}),
    Stage.GENERATING: frozenset({Stage.REVIEW, Stage.FAILED}),
    Stage.REVIEW: frozenset({Stage.PUBLISHED, Stage.FAILED}),
    Stage.PUBLISHED: frozenset(),
    Stage.FAILED: frozenset({Stage.DRAFT, Stage.GENERATING, Stage.REVIEW}),
}
"""Out of failed only by `Stages.retry`."""
RETRIES_MAX = 9
_LANES = (flow.PRODUCE.name, flow.PUBLISH.name)
"""What a failed piece's steps elsewhere still write is refused."""
_ORDER = (Stage.DRAFT, Stage.GENERATING, Stage.REVIEW, Stage.PUBLISHED)


class Stages:
    """Moves pieces along; a repeated move is no move, a move backwards or out of the end is refused."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def advance(self, content_id: UUID, to: Stage) -> None:
        """Move the piece one stage on to `to`, or find it there already or further.

        Raises:
            Conflict: the piece is gone, failed, or two stages behind.
        """
        before, now = _ORDER[_ORDER.index(to) - 1], self._clock.now()
        async with self._database.transaction() as connection:
            since = await content_pipeline.move(connection, content_id, before=before, after=to, at=now)
            piece = None if since else await content_pipeline.get(connection, content_id)
        if since:
            metrics.stage_left(before, max(0.0, (now - since).total_seconds()))
            return
        if piece is None or piece.stage not in _ORDER[_ORDER.index(to) :]:
            found = "gone" if piece is None else piece.stage.value
            raise Conflict(f"content {content_id} can't move to {to}: it is {found}", {"stage": found})

    async def fail(self, content_id: UUID, failure: ChimeraError) -> None:
        """Move the piece to failed, keeping why in `metadata.error`; a published piece stays published."""
        now = self._clock.now()
        why: dict[str, Detail] = {
            "code": failure.code,
            "message": failure.message,
            "details": failure.details,
            "at": now.isoformat(),
        }
        async with self._database.transaction() as connection:
            piece = await content_pipeline.get(connection, content_id)
            if piece is None or Stage.FAILED not in NEXT[piece.stage]:
                return
            since = await content_pipeline.move(connection, content_id, before=piece.stage, after=Stage.FAILED, at=now)
            if since:
                await content_pipeline.merge_metadata(connection, content_id, {"error": why})
                await piece_fence.revoke(connection, content_id, _LANES)
        if since:
            metrics.stage_left(piece.stage, max(0.0, (now - since).total_seconds()))

    async def retry(self, content_id: UUID, to: Stage) -> None:
        """Send a failed piece back to `to`; what its earlier runs wrote late is refused from now on.

        Its productions count on behind those that were tried, so that its money is asked for anew. Called again before
        anybody went on with the piece, it stays as it is.

        Raises:
            Conflict: the piece has not failed, is gone, or was retried too often.
        """
        now = self._clock.now()
        async with self._database.transaction() as connection:
            piece = await content_pipeline.get(connection, content_id)
            found = "gone" if piece is None else piece.stage.value
            if piece is None or to not in NEXT[Stage.FAILED] or piece.stage is Stage.PUBLISHED:
                raise Conflict(f"content {content_id} is {found}: only a failed piece can be retried", {"stage": found})
            if piece.stage is not Stage.FAILED:
                return
            if not await content_pipeline.move(connection, content_id, before=Stage.FAILED, after=to, at=now):
                raise Conflict(f"content {content_id} was changed meanwhile: look at it again", {"stage": found})
            await content_pipeline.merge_metadata(connection, content_id, retried(piece.metadata, to, now))
            await piece_fence.revoke(connection, content_id)
            await piece_fence.forget_cancel(connection, content_id)


def retried(metadata: dict[str, Any], to: Stage, now: datetime) -> dict[str, Any]:
    """What a retry notes: why it failed before goes into `retries`, and which productions were tried; from the
    beginning another draft is wanted (pure).

    Raises:
        Conflict: it was retried too often.
    """
    retries = metadata.get("retries", [])
    if len(retries) >= RETRIES_MAX:
        raise Conflict(f"the piece was retried {RETRIES_MAX} times already: make a new one")
    tried = max((int(made["attempt"]) for made in metadata.get("settlements", [])), default=0)
    retry = {"from": to.value, "error": metadata.get("error"), "at": now.isoformat()}
    noted = {"retries": [*retries, retry], "error": None, "attempts_tried": tried, "waits_for": None}
    return noted | ({"draft_wanted": metadata.get("draft_wanted", 1) + 1} if to is Stage.DRAFT else {})
