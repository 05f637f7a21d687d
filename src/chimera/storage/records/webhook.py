"""Table `webhook`: who wants to be told over HTTP which topics changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from chimera.storage.database import Connection

_COLUMNS = "id, url, topics, created_by, created_at, failures_in_a_row, rests_until"


@dataclass(frozen=True, slots=True)
class WebhookRecord:
    id: UUID
    url: str
    topics: list[str]
    created_by: UUID
    created_at: datetime
    failures_in_a_row: int
    rests_until: datetime | None


async def add(connection: Connection, new: WebhookRecord, sealed_secret: bytes, webhooks_max: int) -> bool:
    """Whether it was added; there may be so many at most."""
    cursor = await connection.execute(
        "INSERT INTO webhook (id, url, topics, sealed_secret, created_by, created_at) SELECT %s, %s, %s, %s, %s, %s "
        "WHERE (SELECT count(*) FROM webhook) < %s",
        (new.id, new.url, new.topics, sealed_secret, new.created_by, new.created_at, webhooks_max),
    )
    return cursor.rowcount == 1


async def get(connection: Connection, webhook_id: UUID) -> WebhookRecord | None:
    async with connection.cursor(row_factory=class_row(WebhookRecord)) as cursor:
        await cursor.execute(f"SELECT {_COLUMNS} FROM webhook WHERE id = %s", (webhook_id,))
        return await cursor.fetchone()


async def page(connection: Connection, behind: tuple[datetime, UUID] | None, limit: int) -> Sequence[WebhookRecord]:
    """The newest webhooks, or those behind a row."""
    async with connection.cursor(row_factory=class_row(WebhookRecord)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM webhook WHERE %(at)s::timestamptz IS NULL OR (created_at, id) < (%(at)s, %(id)s) "
            "ORDER BY created_at DESC, id DESC LIMIT %(limit)s",
            {"at": behind and behind[0], "id": behind and behind[1], "limit": limit},
        )
        return await cursor.fetchall()


async def remove(connection: Connection, webhook_id: UUID) -> bool:
    """Whether there was one; its deliveries go with it."""
    return (await connection.execute("DELETE FROM webhook WHERE id = %s", (webhook_id,))).rowcount == 1


async def note(connection: Connection, webhook_id: UUID, failures: int, rests_until: datetime | None) -> None:
    await connection.execute(
        "UPDATE webhook SET failures_in_a_row = %s, rests_until = %s WHERE id = %s", (failures, rests_until, webhook_id)
    )
