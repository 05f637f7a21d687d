"""Webhooks on a real database, told over a real socket."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chimera.contracts.webhook import WebhookDeliveryPage, WebhookMade, WebhookPage
from chimera.core.clock import FixedClock
from chimera.core.errors import Forbidden, NotFound
from chimera.runtime.events.topic_feed import TopicFeed
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.webhooks import WebhookNamed
from chimera.runtime.webhooks.attempt import ATTEMPTS_MAX, REST_MAX
from chimera.runtime.webhooks.delivering import LEASE, Delivering
from chimera.security.outbound import Outbound, OutboundRefused
from chimera.storage.database import Database
from chimera.storage.notices import STUDIO_HALT
from chimera.storage.records import webhook_delivery
from factories_operations import CREATOR, OPERATOR, ask, desk_on

pytestmark = pytest.mark.engines
HALTED = frozenset({STUDIO_HALT})


class Sealing:
    """Short secrets under one AES-256-GCM key."""

    def __init__(self) -> None:
        self._cipher = AESGCM(AESGCM.generate_key(256))

    def seal_bytes(self, purpose: str, context: str, plaintext: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, plaintext, f"{purpose}/{context}".encode())

    def open_bytes(self, purpose: str, context: str, sealed: bytes) -> bytes:
        return self._cipher.decrypt(sealed[:12], sealed[12:], f"{purpose}/{context}".encode())


@dataclass
class Receiver:
    """Answers with the next of `statuses`, then with 204; keeps what it was told."""

    statuses: list[int] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    port: int = 0

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:]
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head if line)}
        self.heads.append(fields)
        self.bodies.append(await reader.readexactly(int(fields["content-length"])))
        status = self.statuses.pop(0) if self.statuses else 204
        writer.write(f"HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    server = await asyncio.start_server(made.meet, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    await server.wait_closed()


async def inside(host: str, port: int) -> Sequence[str]:
    return ["10.0.0.1"]


@pytest.fixture
def desk(database: Database, clock: FixedClock) -> Desk:
    return replace(desk_on(database, clock), sealer=Sealing(), outbound=Outbound(inside, loopback_allowed=True))


@pytest.fixture
def delivering(desk: Desk) -> Delivering:
    assert desk.sealer is not None
    return Delivering(desk.database, desk.clock, desk.sealer, desk.outbound)


@pytest.fixture
async def made(desk: Desk, receiver: Receiver) -> WebhookMade:
    url = f"http://127.0.0.1:{receiver.port}/hooks"
    return await ask(desk, "webhooks.create", OPERATOR, WebhookMade, url=url, topics=["halt", "tasks"])


@pytest.fixture
async def feed(desk: Desk, clock: FixedClock, made: WebhookMade) -> TopicFeed:
    """A feed that has taken over what was there before."""
    opened = TopicFeed(desk.database, clock)
    await opened.look()
    async with desk.database.transaction() as connection:
        await connection.execute("DELETE FROM webhook_delivery")
    clock.advance(timedelta(days=20_000))  # beyond the rows' own times, so that a notice counts
    return opened


async def deliveries(desk: Desk, webhook_id: UUID) -> list[tuple[str, str, int, int | None]]:
    page = await ask(desk, "webhooks.deliveries", OPERATOR, WebhookDeliveryPage, webhook_id=webhook_id)
    return [(told.topic, told.state, told.attempts, told.status) for told in page.deliveries]


async def test_a_change_is_told_signed_with_the_secret_that_was_shown(
    desk: Desk, made: WebhookMade, feed: TopicFeed, delivering: Delivering, receiver: Receiver
) -> None:
    await feed.look(HALTED)
    assert await delivering.deliver_due() == 1
    head, body = receiver.heads[0], receiver.bodies[0]
    secret = base64.b64decode(made.secret.removeprefix("whsec_"))
    signed = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    assert head["webhook-signature"] == f"v1,{expected}"
    assert json.loads(body)["type"] == "halt.changed"
    assert json.loads(body)["data"] == {"topic": "halt", "version": feed.version}
    assert await deliveries(desk, made.webhook_id) == [("halt", "delivered", 1, 204)]


async def test_a_change_is_told_once_by_however_many_processes_hear_it(
    desk: Desk, feed: TopicFeed, clock: FixedClock, delivering: Delivering, receiver: Receiver
) -> None:
    other = TopicFeed(desk.database, clock)
    await asyncio.gather(feed.look(HALTED), other.look(HALTED))
    await asyncio.gather(delivering.deliver_due(), delivering.deliver_due())
    assert len(receiver.bodies) == 1
    assert feed.version >= 1
    await feed.look()
    await other.look()
    assert other.version == feed.version


async def test_changes_of_a_topic_that_waits_are_told_as_one(
    desk: Desk, made: WebhookMade, feed: TopicFeed, clock: FixedClock
) -> None:
    for _ in range(3):
        await feed.look(HALTED)
        clock.advance(timedelta(seconds=2))
    assert await deliveries(desk, made.webhook_id) == [("halt", "pending", 0, None)]


async def test_a_receiver_that_fails_is_left_alone_and_then_told_again(
    desk: Desk, made: WebhookMade, feed: TopicFeed, delivering: Delivering, receiver: Receiver, clock: FixedClock
) -> None:
    receiver.statuses = [500]
    await feed.look(HALTED)
    assert await delivering.deliver_due() == 1
    assert await delivering.deliver_due() == 0
    clock.advance(timedelta(seconds=5))
    assert await delivering.deliver_due() == 1
    assert await deliveries(desk, made.webhook_id) == [("halt", "delivered", 2, 204)]
    assert receiver.heads[0]["webhook-id"] == receiver.heads[1]["webhook-id"]


async def test_a_delivery_is_given_up_after_its_last_attempt(
    desk: Desk, made: WebhookMade, feed: TopicFeed, delivering: Delivering, receiver: Receiver, clock: FixedClock
) -> None:
    receiver.statuses = [302] * ATTEMPTS_MAX
    await feed.look(HALTED)
    for _ in range(ATTEMPTS_MAX + 2):
        await delivering.deliver_due()
        clock.advance(REST_MAX)
    assert await deliveries(desk, made.webhook_id) == [("halt", "dead", ATTEMPTS_MAX, 302)]
    assert len(receiver.bodies) == ATTEMPTS_MAX


async def test_what_a_stopped_process_had_taken_is_delivered_by_another(
    desk: Desk, feed: TopicFeed, delivering: Delivering, receiver: Receiver, clock: FixedClock
) -> None:
    await feed.look(HALTED)
    async with desk.database.transaction() as connection:
        assert len(await webhook_delivery.take(connection, clock.now(), clock.now() + LEASE, 9)) == 1
    assert await delivering.deliver_due() == 0
    clock.advance(LEASE)
    assert await delivering.deliver_due() == 1
    assert len(receiver.bodies) == 1


async def test_a_name_that_turned_inside_since_is_not_asked(
    desk: Desk, made: WebhookMade, feed: TopicFeed, delivering: Delivering, receiver: Receiver
) -> None:
    async with desk.database.transaction() as connection:
        await connection.execute("UPDATE webhook SET url = 'https://hooks.example/'")
    await feed.look(HALTED)
    await delivering.deliver_due()
    page = await ask(desk, "webhooks.deliveries", OPERATOR, WebhookDeliveryPage, webhook_id=made.webhook_id)
    assert "not public" in str(page.deliveries[0].problem)
    assert receiver.bodies == []


async def test_the_secret_is_sealed_at_rest_and_never_shown_again(desk: Desk, made: WebhookMade) -> None:
    secret = base64.b64decode(made.secret.removeprefix("whsec_"))
    async with desk.database.transaction() as connection:
        row = await (await connection.execute("SELECT sealed_secret FROM webhook")).fetchone()
    assert row is not None
    assert secret not in bytes(row["sealed_secret"])
    assert desk.sealer is not None
    with pytest.raises(InvalidTag):
        desk.sealer.open_bytes("webhook.secret", "another webhook", bytes(row["sealed_secret"]))
    page = await ask(desk, "webhooks.list", OPERATOR, WebhookPage)
    assert made.secret not in page.model_dump_json()


async def test_a_url_that_leads_inside_makes_no_webhook(desk: Desk) -> None:
    with pytest.raises(OutboundRefused):
        await ask(desk, "webhooks.create", OPERATOR, WebhookMade, url="https://hooks.example/", topics=["halt"])
    assert (await ask(desk, "webhooks.list", OPERATOR, WebhookPage)).webhooks == ()


async def test_only_whoever_has_the_right_has_webhooks(desk: Desk, made: WebhookMade) -> None:
    with pytest.raises(Forbidden):
        await ask(desk, "webhooks.list", CREATOR, WebhookPage)
    with pytest.raises(Forbidden):
        await ask(desk, "webhooks.delete", CREATOR, WebhookNamed, webhook_id=made.webhook_id)


async def test_a_deleted_webhook_is_told_nothing(
    desk: Desk, made: WebhookMade, feed: TopicFeed, delivering: Delivering, receiver: Receiver
) -> None:
    await feed.look(HALTED)
    await ask(desk, "webhooks.delete", OPERATOR, WebhookNamed, webhook_id=made.webhook_id)
    assert await delivering.deliver_due() == 0
    assert receiver.bodies == []
    with pytest.raises(NotFound):
        await ask(desk, "webhooks.delete", OPERATOR, WebhookNamed, webhook_id=made.webhook_id)
