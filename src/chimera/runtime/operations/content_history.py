"""What happened to a piece, put together from what its rows keep. Pure."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from chimera.contracts.content import ContentEvent
from chimera.core.money import usd_from_micros
from chimera.pipeline.telling import Piece
from chimera.storage.records.durable_workflow import StepDone
from chimera.storage.records.piece_fence import CancelAsked
from chimera.storage.records.review_item import ReviewItem

_ENTRIES = {
    "decision": "the CFO {decision} ${amount}",
    "human": "a person {decision} ${amount}",
    "settle": "${amount} was really spent",
    "void": "nothing was spent, ${amount} is free again",
    "expire": "the hold on ${amount} ran out",
    "overrun": "${amount} more was spent than approved",
}


def events_of(
    piece: Piece, steps: Sequence[StepDone], *, cancel: CancelAsked | None, review: ReviewItem | None
) -> tuple[ContentEvent, ...]:
    """The events, oldest first."""
    found = [*_of_row(piece), *_of_steps(steps), *_of_money(piece), *_of_people(piece, cancel, review)]
    return tuple(sorted(found, key=lambda event: event.at))


def _of_row(piece: Piece) -> Iterator[ContentEvent]:
    content, metadata = piece.content, piece.content.metadata
    yield _event(content.created_at, "drafted", f"a draft about {piece.trend.topic} stands")
    for retry in metadata.get("retries") or ():
        why = (retry.get("error") or {}).get("message", "no reason was kept")
        yield _event(_moment(retry["at"]), "retried", f"tried again from {retry['from']} after: {why}")
    if error := metadata.get("error"):
        told = f"{error.get('code')}: {error.get('message')}"
        yield _event(_moment(error["at"]) if "at" in error else content.updated_at, "failed", told)
    if content.published_at is not None:
        yield _event(content.published_at, "published", "it is out")


def _of_steps(steps: Sequence[StepDone]) -> Iterator[ContentEvent]:
    for step in steps:
        told = f"step {step.name} {'failed' if step.failed else 'is done'}"
        yield ContentEvent(at=step.at, event="step", message=told, took_ms=max(step.took_ms, 0))


def _of_money(piece: Piece) -> Iterator[ContentEvent]:
    for row in piece.spending:
        amount = f"{usd_from_micros(row.amount_micros):f}"
        told = _ENTRIES.get(row.kind, f"{row.kind} ${{amount}}").format(decision=row.decision, amount=amount)
        yield _event(row.created_at, "money", f"{told} (transaction {row.tx_id})")


def _of_people(piece: Piece, cancel: CancelAsked | None, review: ReviewItem | None) -> Iterator[ContentEvent]:
    if cancel is not None:
        yield _event(cancel.asked_at, "cancel_asked", f"{cancel.asked_by} called it off")
    if piece.plan is not None:
        when = f"for {piece.plan.publish_at:%Y-%m-%d %H:%M} UTC" if piece.plan.publish_at else "for later"
        yield _event(piece.plan.updated_at, "planned", f"{piece.plan.state} {when} by {piece.plan.set_by}")
    if review is not None and review.decided_at is not None:
        said = f": {review.answer}" if review.answer else ""
        yield _event(review.decided_at, "reviewed", f"{review.state} by {review.decided_by}{said}")


def _event(at: datetime, event: str, message: str) -> ContentEvent:
    return ContentEvent.model_validate({"at": at, "event": event, "message": message, "took_ms": None})


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
