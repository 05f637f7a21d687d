"""`/v1/webhooks`: whom to tell over HTTP that a topic changed, and how the telling went."""

import os
from uuid import UUID

from chimera.contracts.contract import Contract
from chimera.contracts.webhook import (
    Webhook,
    WebhookDelivery,
    WebhookDeliveryPage,
    WebhookMade,
    WebhookPage,
    WebhookWanted,
)
from chimera.core.errors import Conflict, NotFound
from chimera.core.identity import new_id
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import WRITING, AnyOperation, Call, Operation
from chimera.runtime.operations.pages import PageRequest, paged, read_cursor
from chimera.runtime.webhooks.sealer import PURPOSE, Sealer
from chimera.runtime.webhooks.signature import new_secret, shown_secret
from chimera.security.permissions import Permission
from chimera.storage.records import webhook, webhook_delivery
from chimera.storage.records.webhook import WebhookRecord
from chimera.storage.records.webhook_delivery import DeliveryRecord

WEBHOOKS_MAX = 50


class WebhookNamed(Contract):
    webhook_id: UUID


class DeliveriesAsked(PageRequest):
    webhook_id: UUID


def webhook_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    """The operations on webhooks, where their secrets can be sealed."""
    if desk.sealer is None:
        return ()
    webhooks = _Webhooks(desk, desk.sealer)
    return (
        Operation(
            name="webhooks.create",
            summary="Have changes of topics told to an https URL; the answer shows the signing secret this once.",
            method="POST",
            path="/v1/webhooks",
            asks=WebhookWanted,
            answers=WebhookMade,
            run=webhooks.create,
            right=Permission.WRITE_WEBHOOKS,
            failures=(Conflict,),
            status=201,
            rate=WRITING,
        ),
        Operation(
            name="webhooks.list",
            summary="The webhooks, the newest first.",
            method="GET",
            path="/v1/webhooks",
            asks=PageRequest,
            answers=WebhookPage,
            run=webhooks.page,
            right=Permission.WRITE_WEBHOOKS,
        ),
        Operation(
            name="webhooks.deliveries",
            summary="What was told to a webhook, and how it went; of the last seven days.",
            method="GET",
            path="/v1/webhooks/{webhook_id}/deliveries",
            asks=DeliveriesAsked,
            answers=WebhookDeliveryPage,
            run=webhooks.deliveries,
            right=Permission.WRITE_WEBHOOKS,
            failures=(NotFound,),
        ),
        Operation(
            name="webhooks.delete",
            summary="Tell this webhook nothing more.",
            method="DELETE",
            path="/v1/webhooks/{webhook_id}",
            asks=WebhookNamed,
            answers=WebhookNamed,
            run=webhooks.delete,
            right=Permission.WRITE_WEBHOOKS,
            failures=(NotFound,),
            status=204,
            rate=WRITING,
        ),
    )


class _Webhooks:
    def __init__(self, desk: Desk, sealer: Sealer) -> None:
        self._desk = desk
        self._sealer = sealer

    async def create(self, call: Call, asked: WebhookWanted) -> WebhookMade:
        """Takes no Idempotency-Key: its answer, which would be kept for a day, holds the secret."""
        await self._desk.outbound.target(asked.url)
        secret, made_id = new_secret(os.urandom), new_id(self._desk.clock)
        new = WebhookRecord(made_id, asked.url, sorted(asked.topics), call.caller.id, self._desk.clock.now(), 0, None)
        sealed = self._sealer.seal_bytes(PURPOSE, str(made_id), secret)
        async with self._desk.database.transaction() as connection:
            if not await webhook.add(connection, new, sealed, WEBHOOKS_MAX):
                raise Conflict(f"there are {WEBHOOKS_MAX} webhooks already: delete one", {"max": WEBHOOKS_MAX})
        return WebhookMade.model_validate(
            {
                "webhook_id": new.id,
                "url": new.url,
                "topics": new.topics,
                "created_at": new.created_at,
                "secret": shown_secret(secret),
            }
        )

    async def page(self, _call: Call, asked: PageRequest) -> WebhookPage:
        async with self._desk.database.transaction() as connection:
            rows = await webhook.page(connection, read_cursor(asked.cursor), asked.limit + 1)
        listed, cursor = paged(rows, asked.limit)
        return WebhookPage(webhooks=tuple(_told(row) for row in listed), next_cursor=cursor)

    async def deliveries(self, _call: Call, asked: DeliveriesAsked) -> WebhookDeliveryPage:
        async with self._desk.database.transaction() as connection:
            known = await webhook.get(connection, asked.webhook_id)
            behind = read_cursor(asked.cursor)
            rows = await webhook_delivery.page(connection, asked.webhook_id, behind, asked.limit + 1)
        if known is None:
            raise _unknown(asked.webhook_id)
        listed, cursor = paged(rows, asked.limit)
        return WebhookDeliveryPage(deliveries=tuple(_delivery(row) for row in listed), next_cursor=cursor)

    async def delete(self, _call: Call, asked: WebhookNamed) -> WebhookNamed:
        async with self._desk.database.transaction() as connection:
            removed = await webhook.remove(connection, asked.webhook_id)
        if not removed:
            raise _unknown(asked.webhook_id)
        return asked


def _unknown(webhook_id: UUID) -> NotFound:
    return NotFound(f"there is no webhook {webhook_id}", {"webhook_id": str(webhook_id)})


def _told(row: WebhookRecord) -> Webhook:
    return Webhook.model_validate(
        {
            "webhook_id": row.id,
            "url": row.url,
            "topics": row.topics,
            "created_at": row.created_at,
            "failures_in_a_row": row.failures_in_a_row,
            "rests_until": row.rests_until,
        }
    )


def _delivery(row: DeliveryRecord) -> WebhookDelivery:
    return WebhookDelivery.model_validate(
        {
            "delivery_id": row.id,
            "topic": row.topic,
            "state": row.state,
            "attempts": row.attempts,
            "created_at": row.created_at,
            "next_at": row.next_at if row.state == "pending" else None,
            "ended_at": row.ended_at,
            "status": row.status,
            "problem": row.problem,
        }
    )
