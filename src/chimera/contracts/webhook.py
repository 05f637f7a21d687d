"""Webhooks: who is told over HTTP which topics changed, and how the telling went."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chimera.contracts.contract import Contract, Moment

Topic = Literal["content", "tasks", "approvals", "budgets", "halt"]


class WebhookWanted(Contract):
    """Where to tell, an https URL of a public host, and of which topics."""

    url: Annotated[str, Field(min_length=1, max_length=2_000)]
    topics: Annotated[frozenset[Topic], Field(min_length=1, max_length=5)]


class Webhook(Contract):
    """`failures_in_a_row` and `rests_until` tell of a receiver that fails."""

    webhook_id: UUID
    url: str
    topics: tuple[Topic, ...]
    created_at: Moment
    failures_in_a_row: int
    rests_until: Moment | None


class WebhookMade(Contract):
    """`secret` is shown this once: deliveries are signed with it (Standard Webhooks, v1)."""

    webhook_id: UUID
    url: str
    topics: tuple[Topic, ...]
    created_at: Moment
    secret: str


class WebhookPage(Contract):
    webhooks: tuple[Webhook, ...]
    next_cursor: str | None


class WebhookDelivery(Contract):
    """`status` is the last HTTP status that came back, `problem` what went wrong otherwise."""

    delivery_id: UUID
    topic: Topic
    state: Literal["pending", "delivered", "dead"]
    attempts: int
    created_at: Moment
    next_at: Moment | None
    ended_at: Moment | None
    status: int | None
    problem: str | None


class WebhookDeliveryPage(Contract):
    deliveries: tuple[WebhookDelivery, ...]
    next_cursor: str | None


class TopicChanged(Contract):
    """What a delivery says: that something of the topic changed; read there what."""

    type: str
    timestamp: Moment
    data: dict[str, str | int]
