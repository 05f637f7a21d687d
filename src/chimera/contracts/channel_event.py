"""What happens in an unattended channel, one line each: `chimera studio run --json` prints these."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from chimera.contracts.contract import Contract, Moment

EventName = Literal[
    "registered", "found", "chosen", "making", "published", "waiting", "sent_back", "failed", "note", "paused"
]


class ChannelEvent(Contract):
    """`message` is for people; `slot` is when the piece is due, None where it is about the whole channel."""

    at: Moment
    objective: str
    event: EventName
    message: str
    slot: Moment | None = None
    task_id: UUID | None = None
    content_id: UUID | None = None
    details: dict[str, Any] = Field(default_factory=dict)
