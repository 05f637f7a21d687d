"""Delivers what is due: rows taken under a lease, sent a bounded number at once, each outcome written down."""

import asyncio
from datetime import timedelta

import structlog

from chimera.contracts.webhook import TopicChanged
from chimera.core.clock import Clock
from chimera.core.errors import ChimeraError
from chimera.runtime.dispatch.trouble import NO_POSTGRESQL
from chimera.runtime.webhooks.attempt import outcome
from chimera.runtime.webhooks.sealer import PURPOSE, Sealer
from chimera.runtime.webhooks.signature import signed_headers
from chimera.security.outbound import Outbound
from chimera.storage.database import Database
from chimera.storage.records import webhook, webhook_delivery
from chimera.storage.records.webhook_delivery import DueRecord

AT_ONCE = 8
LEASE = timedelta(minutes=1)
"""More than a request may take; what a stopped process had taken is due again then."""
IDLE_SECONDS = 1.0
PAUSE_SECONDS = 5.0
KEPT_FOR = timedelta(days=7)
FORGOTTEN_AT_ONCE = 500
PROBLEM_CHARACTERS_MAX = 300

_log = structlog.get_logger(__name__)


class Delivering:
    """Run `run` beside in any number of processes."""

    def __init__(self, database: Database, clock: Clock, sealer: Sealer, outbound: Outbound) -> None:
        self._database = database
        self._clock = clock
        self._sealer = sealer
        self._outbound = outbound

    async def run(self) -> None:
        """Deliver, again and again, until cancelled."""
        while True:
            try:
                sent = await self.deliver_due()
            except NO_POSTGRESQL as error:
                _log.warning("webhooks_wait", problem=str(error) or type(error).__name__)
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                if sent < AT_ONCE:
                    await asyncio.sleep(IDLE_SECONDS)

    async def deliver_due(self) -> int:
        """Attempt some deliveries that are due; answers how many."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            await webhook_delivery.forget_ended(connection, now - KEPT_FOR, FORGOTTEN_AT_ONCE)
            due = await webhook_delivery.take(connection, now, now + LEASE, AT_ONCE)
        await asyncio.gather(*(self._attempt(delivery) for delivery in due))
        return len(due)

    async def _attempt(self, due: DueRecord) -> None:
        status, problem = None, None
        try:
            status = await self._send(due)
            if not 200 <= status < 300:
                problem = f"answered {status}"
        except ChimeraError as failure:
            problem = failure.message[:PROBLEM_CHARACTERS_MAX]
        now = self._clock.now()
        result = outcome(status, due.attempts, due.failures_in_a_row, now)
        async with self._database.transaction() as connection:
            await webhook_delivery.note(connection, due, result.state, result.next_at, now, status, problem)
            await webhook.note(connection, due.webhook_id, result.failures_in_a_row, result.rests_until)

    async def _send(self, due: DueRecord) -> int:
        told = TopicChanged(
            type=f"{due.topic}.changed",
            timestamp=due.created_at,
            data={"topic": due.topic, "version": due.version},
        )
        body = told.model_dump_json().encode()
        secret = self._sealer.open_bytes(PURPOSE, str(due.webhook_id), due.sealed_secret)
        headers = signed_headers(secret, str(due.id), int(self._clock.now().timestamp()), body)
        headers |= {"Content-Type": "application/json", "User-Agent": "Chimera-Webhooks/1"}
        return (await self._outbound.request("POST", due.url, headers=headers, body=body)).status
