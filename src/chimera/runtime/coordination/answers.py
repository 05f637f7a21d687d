"""A person's answer to what waits on the review list: a trend, a piece, or a task's work."""

from uuid import UUID

from chimera.contracts.review_entry import ReviewEntry
from chimera.core.clock import Clock
from chimera.core.errors import Conflict, Forbidden, NotFound
from chimera.core.vocabulary import TaskKind
from chimera.storage.database import Connection, Database
from chimera.storage.records import content_pipeline, review_item, task_need, task_review
from chimera.storage.records import objective as objectives
from chimera.storage.records.review_item import ReviewItem

REASON_CHARACTERS_MAX = 500


async def answer(database: Database, clock: Clock, item_id: UUID, *, by: str, approve: bool, reason: str) -> ReviewItem:
    """Approve or reject a waiting item; the same answer of the same person again changes nothing.

    An approved trend can be chosen from now on, an approved piece goes out, approved work counts. A rejected piece or
    task fails with the reason.

    Raises:
        NotFound: no such item. Conflict: somebody has answered it otherwise.
        Forbidden: `by` names an agent that did the work itself.
    """
    async with database.transaction() as connection:
        item = await review_item.get(connection, item_id)
        if item is None:
            raise NotFound(f"nothing on the review list has the id {item_id}: `chimera review list` shows it")
        await _require_another(connection, item, by)
        state = "approved" if approve else "rejected"
        decided = await review_item.decide(
            connection,
            item_id,
            state="approved" if approve else "rejected",
            at=clock.now(),
            by=by,
            answer=reason or None,
        )
        found = await review_item.get(connection, item_id)
        if found is None or (not decided and (found.state, found.decided_by) != (state, by)):
            raise Conflict(f"{item.subject} was {item.state} by {item.decided_by} already", {"item": str(item_id)})
        if decided and item.task_id is not None:
            await _settle_task(connection, item.task_id, clock, by=by, approve=approve, reason=reason)
    return found


async def _settle_task(
    connection: Connection, task_id: UUID, clock: Clock, *, by: str, approve: bool, reason: str
) -> None:
    now = clock.now()
    record = await task_review.held(connection, task_id)
    if record is None:
        raise NotFound(f"there is no task {task_id}")
    if not approve:
        error = {"code": "APPROVAL_REJECTED", "message": f"{by} rejected it: {reason}"}
        if await task_review.refuse(connection, task_id, error, now):
            await task_need.cancel_dependents(connection, [task_id], now)
        return
    review = {**(record.review or {}), "passed_by": by, "answer": reason}
    if await task_review.pass_(connection, task_id, record.attempt, review, now):
        standing = await objectives.held(connection, record.objective_id) if record.objective_id else None
        if standing is not None and record.kind == TaskKind.CHOOSE:
            await objectives.count_choice(connection, standing.id, over_choices=standing.choices)
        await task_need.release(connection, [task_id], now)


async def _require_another(connection: Connection, item: ReviewItem, by: str) -> None:
    """Who made it can't pass it: as with money, a name that holds the agent's id is the agent's."""
    makers: list[UUID | None] = []
    if item.content_id is not None and (piece := await content_pipeline.get(connection, item.content_id)):
        makers += [piece.director_agent_id, piece.artist_agent_id]
    if item.task_id is not None and (record := await task_review.held(connection, item.task_id)):
        makers.append(record.worked_by)
    plain = by.lower().replace("-", "")
    if any(maker is not None and maker.hex in plain for maker in makers):
        raise Forbidden("who made it can't pass it: let another decide", {"by": by})


def entry_of(item: ReviewItem) -> ReviewEntry:
    """The item as it is told. Pure."""
    return ReviewEntry(
        id=item.id,
        kind=item.kind,
        trend_id=item.trend_id,
        content_id=item.content_id,
        task_id=item.task_id,
        subject=item.subject,
        topics=tuple(item.topics),
        reason=item.reason,
        state=item.state,
        created_at=item.created_at,
        decided_at=item.decided_at,
        decided_by=item.decided_by,
        answer=item.answer,
    )
