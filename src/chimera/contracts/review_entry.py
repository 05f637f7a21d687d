"""What waits for a person's decision, or was decided (`chimera review`, `/v1/reviews`)."""

from typing import Literal
from uuid import UUID

from chimera.contracts.contract import Contract, Moment


class ReviewEntry(Contract):
    """One item of the review list: a trend, a piece, or a task's work. `answer` is what the person said to it."""

    id: UUID
    kind: Literal["trend", "content", "task"]
    trend_id: UUID | None
    content_id: UUID | None
    task_id: UUID | None
    subject: str
    topics: tuple[str, ...]
    reason: str
    state: Literal["waiting", "approved", "rejected"]
    created_at: Moment
    decided_at: Moment | None
    decided_by: str | None
    answer: str | None


class ReviewPage(Contract):
    """Items, the newest first; `next_cursor` asks for those behind them."""

    reviews: tuple[ReviewEntry, ...]
    next_cursor: str | None
