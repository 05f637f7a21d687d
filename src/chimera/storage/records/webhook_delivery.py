"""Table `webhook_delivery`: each change that is to be told, the attempts made, and how the last one ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from chimera.storage.database import Connection


@dataclass(frozen=True, slots=True)
class DueRecord:
    """A delivery taken to be attempted now; `attempts` counts this one."""

    id: UUID
    webhook_id: UUID
    topic: str
    version: int
    attempts: int
    created_at: datetime
    url: str
    sealed_secret: bytes
    failures_in_a_row: int


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    id: UUID
    topic: str
    state: str
    attempts: int
    created_at: datetime
    next_at: datetime
    ended_at: datetime | None
    status: int | None
    problem: str | None


async def add(connection: Connection, topic: str, version: int, now: datetime) -> None:
    """One for every webhook of the topic, unless an earlier change waits to be told."""
    await connection.execute(
        "INSERT INTO webhook_delivery (webhook_id, topic, version, next_at, created_at) "
        "SELECT id, %(topic)s::text, %(version)s, %(now)s, %(now)s FROM webhook WHERE %(topic)s::text = ANY(topics) "
        "ON CONFLICT (webhook_id, topic) WHERE state = 'pending' AND attempts = 0 DO NOTHING",
        {"topic": topic, "version": version, "now": now},
    )


async def take(connection: Connection, now: datetime, lease_until: datetime, limit: int) -> Sequence[DueRecord]:
    """Deliveries that are due and whose webhook does not rest, for whoever takes them, until `lease_until`."""
    async with connection.cursor(row_factory=class_row(DueRecord)) as cursor:
        await cursor.execute(
            "WITH due AS (SELECT webhook_delivery.id FROM webhook_delivery JOIN webhook ON webhook.id = webhook_id "
            "WHERE state = 'pending' AND next_at <= %(now)s AND (rests_until IS NULL OR rests_until <= %(now)s) "
            "ORDER BY next_at LIMIT %(limit)s FOR UPDATE OF webhook_delivery SKIP LOCKED) "
            "UPDATE webhook_delivery SET attempts = attempts + 1, next_at = %(lease_until)s FROM due, webhook "
            "WHERE webhook_delivery.id = due.id AND webhook.id = webhook_id RETURNING webhook_delivery.id, webhook_id, "
            "topic, version, attempts, webhook_delivery.created_at, url, sealed_secret, failures_in_a_row",
            {"now": now, "lease_until": lease_until, "limit": limit},
        )
        return await cursor.fetchall()


async def note(
    connection: Connection, due: DueRecord, state: str, next_at: datetime, now: datetime,
    status: int | None, problem: str | None,
) -> None:  # fmt: skip
    """How the attempt ended, unless a later one is under way."""
    await connection.execute(
        "UPDATE webhook_delivery SET state = %(state)s::text, next_at = %(next_at)s, status = %(status)s, "
        "problem = %(problem)s, ended_at = CASE WHEN %(state)s::text = 'pending' THEN NULL ELSE %(now)s END "
        "WHERE id = %(id)s AND attempts = %(attempts)s AND state = 'pending'",
        {
            "state": state, "next_at": next_at, "status": status, "problem": problem, "now": now,
            "id": due.id, "attempts": due.attempts,
        },
    )  # fmt: skip


async def page(
    connection: Connection, webhook_id: UUID, behind: tuple[datetime, UUID] | None, limit: int
) -> Sequence[DeliveryRecord]:
    """A webhook's newest deliveries, or those behind a row."""
    async with connection.cursor(row_factory=class_row(DeliveryRecord)) as cursor:
        await cursor.execute(
            "SELECT id, topic, state, attempts, created_at, next_at, ended_at, status, problem FROM webhook_delivery "
            "WHERE webhook_id = %(webhook)s AND (%(at)s::timestamptz IS NULL OR (created_at, id) < (%(at)s, %(id)s)) "
            "ORDER BY created_at DESC, id DESC LIMIT %(limit)s",
            {"webhook": webhook_id, "at": behind and behind[0], "id": behind and behind[1], "limit": limit},
        )
        return await cursor.fetchall()


async def forget_ended(connection: Connection, before: datetime, limit: int) -> int:
    cursor = await connection.execute(
        "DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery WHERE state <> 'pending' "
        "AND ended_at < %s ORDER BY ended_at LIMIT %s)",
        (before, limit),
    )
    return cursor.rowcount
