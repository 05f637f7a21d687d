"""Pieces that waited for a person's word: approved ones go out, rejected ones fail; each may be done twice."""

from typing import Any

import structlog

from chimera.contracts.review import Review, ReviewOutcome
from chimera.core.errors import ApprovalRejected, ChimeraError, Conflict
from chimera.core.vocabulary import Stage
from chimera.pipeline.crew import Crew
from chimera.storage.records import content_pipeline, publication_plan, review_item
from chimera.storage.records.review_item import ReviewItem

ANSWERS_AT_ONCE = 20

_log = structlog.get_logger(__name__)


async def release_answered(crew: Crew) -> int:
    """Publish what a person has approved and whose time has come, and fail what he has rejected; answers how many.

    Nothing while the studio is halted. A piece that can't go out now is tried again the next time.
    """
    if crew.halt.halted():
        return 0
    async with crew.database.transaction() as connection:
        answered = await review_item.answered_pieces(connection, ANSWERS_AT_ONCE)
    released = 0
    for item in answered:
        try:
            released += await (_publish(crew, item) if item.state == "approved" else _fail(crew, item))
        except ChimeraError as failure:
            _log.warning("piece_not_released", content_id=str(item.content_id), problem=failure.message)
    return released


async def _publish(crew: Crew, item: ReviewItem) -> bool:
    if item.content_id is None:
        return False
    async with crew.database.transaction() as connection:
        piece = await content_pipeline.get(connection, item.content_id)
        plan = (await publication_plan.get_many(connection, [item.content_id])).get(item.content_id)
        if piece is None or piece.stage is not Stage.REVIEW:
            return False
        if plan is not None and plan.state != "released" and not _has_come(plan.state, plan.publish_at, crew):
            return False
        kept = piece.metadata.get("review") or {}
        passed = _passed(kept, item)
        changed = kept | passed.model_dump(mode="json") | {"passed_by": item.decided_by, "answer": item.answer}
        await content_pipeline.merge_metadata(connection, piece.id, {"review": changed})
    await crew.timetable.due(piece.id)
    await crew.worker.publish(piece.id, passed)
    await crew.stages.advance(piece.id, Stage.PUBLISHED)
    return True


def _has_come(state: str, publish_at: Any, crew: Crew) -> bool:
    return state == "planned" and publish_at is not None and publish_at <= crew.clock.now()


def _passed(kept: dict[str, Any], item: ReviewItem) -> Review:
    review = Review.model_validate({name: kept[name] for name in Review.model_fields if name in kept})
    if review.outcome is ReviewOutcome.FAILED:
        raise Conflict(f"content {item.content_id} failed its review: it can't go out", {"outcome": review.outcome})
    said = f"passed by {item.decided_by}" + (f": {item.answer}" if item.answer else "")
    reasons = review.reasons if said in review.reasons else (*review.reasons, said)
    return review.model_copy(update={"outcome": ReviewOutcome.PASSED, "reasons": reasons})


async def _fail(crew: Crew, item: ReviewItem) -> bool:
    if item.content_id is None:
        return False
    said = f": {item.answer}" if item.answer else ""
    refusal = ApprovalRejected(f"{item.decided_by} rejected it{said}", {"item": str(item.id)})
    await crew.stages.fail(item.content_id, refusal)
    return True
