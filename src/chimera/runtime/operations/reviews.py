"""`/v1/reviews`: what waits for a person's decision, and the decision (`chimera review`)."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool

from chimera.contracts.contract import Contract
from chimera.contracts.review_entry import ReviewEntry, ReviewPage
from chimera.core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from chimera.runtime.coordination.answers import REASON_CHARACTERS_MAX, answer, entry_of
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import WRITING, AnyOperation, Call, Operation
from chimera.runtime.operations.pages import PageRequest, paged, read_cursor
from chimera.runtime.operations.person import person
from chimera.security.permissions import Permission
from chimera.storage.records import review_item


class ReviewsAsked(PageRequest):
    """Items in one state; none leaves it open."""

    state: Literal["waiting", "approved", "rejected"] | None = None


class ReviewAnswer(Contract):
    """A rejection needs a reason; it stands in what fails by it."""

    review_id: UUID
    approve: StrictBool
    reason: Annotated[str, Field(max_length=REASON_CHARACTERS_MAX)] = ""


def review_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    """The review list and a person's answer."""

    async def list_reviews(_call: Call, asked: ReviewsAsked) -> ReviewPage:
        async with desk.database.transaction() as connection:
            rows = await review_item.page(connection, read_cursor(asked.cursor), asked.state, asked.limit + 1)
        listed, cursor = paged(rows, asked.limit)
        return ReviewPage(reviews=tuple(map(entry_of, listed)), next_cursor=cursor)

    async def answer_review(call: Call, asked: ReviewAnswer) -> ReviewEntry:
        by, reason = person(call.caller), asked.reason.strip()
        if not asked.approve and not reason:
            raise ValidationFailed("a rejection needs a reason: say why", {"field": "reason"})
        item = await answer(desk.database, desk.clock, asked.review_id, by=by, approve=asked.approve, reason=reason)
        return entry_of(item)

    return (
        Operation(
            name="reviews.list",
            summary="List what waits for a person's decision, or was decided, the newest first.",
            method="GET",
            path="/v1/reviews",
            asks=ReviewsAsked,
            answers=ReviewPage,
            run=list_reviews,
            right=Permission.READ_CONTENT,
            failures=(ValidationFailed,),
        ),
        Operation(
            name="reviews.answer",
            summary="Approve or reject what waits: a trend, a piece, a task's work.",
            method="POST",
            path="/v1/reviews/{review_id}/answer",
            asks=ReviewAnswer,
            answers=ReviewEntry,
            run=answer_review,
            right=Permission.REVIEW,
            failures=(NotFound, Conflict, Forbidden, ValidationFailed),
            rate=WRITING,
        ),
    )
