"""Table `idempotency_key`: what a caller's key stands for, and the answer that was given under it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from chimera.storage.database import Connection


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """`status` and `body` are the answer once the state is `done`; `attempt` is the fence of whoever works on it."""

    request_hash: bytes
    created_id: UUID
    state: str
    attempt: int
    lease_until: datetime
    status: int | None
    body: bytes | None


@dataclass(frozen=True, slots=True)
class NewKey:
    caller_id: UUID
    key: str
    request_hash: bytes
    created_id: UUID
    lease_until: datetime
    expires_at: datetime


_COLUMNS = "request_hash, created_id, state, attempt, lease_until, status, body"
_TAKE = (
    "INSERT INTO idempotency_key (caller_id, key, request_hash, created_id, state, lease_until, expires_at) "
    "VALUES (%(caller_id)s, %(key)s, %(request_hash)s, %(created_id)s, 'running', %(lease_until)s, %(expires_at)s) "
    "ON CONFLICT (caller_id, key) DO UPDATE SET attempt = idempotency_key.attempt + 1, state = 'running', "
    "lease_until = excluded.lease_until, expires_at = excluded.expires_at, status = NULL, body = NULL, "
    "request_hash = excluded.request_hash, created_id = CASE WHEN idempotency_key.expires_at <= %(now)s "
    "THEN excluded.created_id ELSE idempotency_key.created_id END "
    "WHERE idempotency_key.expires_at <= %(now)s OR (idempotency_key.state = 'running' "
    "AND idempotency_key.lease_until <= %(now)s AND idempotency_key.request_hash = excluded.request_hash) "
    f"RETURNING {_COLUMNS}"
)


async def take(connection: Connection, new: NewKey, now: datetime) -> KeyRecord | None:
    """The key, reserved for whoever asked; None if it stands for something already.

    An expired one is free; one whose worker has not come back in time is taken over, with the id it had.
    """
    async with connection.cursor(row_factory=class_row(KeyRecord)) as cursor:
        await cursor.execute(
            _TAKE,
            {
                "caller_id": new.caller_id,
                "key": new.key,
                "request_hash": new.request_hash,
                "created_id": new.created_id,
                "lease_until": new.lease_until,
                "expires_at": new.expires_at,
                "now": now,
            },
        )
        return await cursor.fetchone()


async def get(connection: Connection, caller_id: UUID, key: str) -> KeyRecord | None:
    async with connection.cursor(row_factory=class_row(KeyRecord)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM idempotency_key WHERE caller_id = %s AND key = %s", (caller_id, key)
        )
        return await cursor.fetchone()


async def finish(connection: Connection, caller_id: UUID, key: str, attempt: int, status: int, body: bytes) -> None:
    """Keep the answer, unless another attempt has taken the key over."""
    await connection.execute(
        "UPDATE idempotency_key SET state = 'done', status = %s, body = %s "
        "WHERE caller_id = %s AND key = %s AND attempt = %s AND state = 'running'",
        (status, body, caller_id, key, attempt),
    )


async def forget(connection: Connection, caller_id: UUID, key: str, attempt: int) -> None:
    """Free the key: nothing was made under it."""
    await connection.execute(
        "DELETE FROM idempotency_key WHERE caller_id = %s AND key = %s AND attempt = %s AND state = 'running'",
        (caller_id, key, attempt),
    )


async def release(connection: Connection, caller_id: UUID, key: str, attempt: int, now: datetime) -> None:
    """Let the same request be tried again at once: something may have been made under the key."""
    await connection.execute(
        "UPDATE idempotency_key SET lease_until = %s "
        "WHERE caller_id = %s AND key = %s AND attempt = %s AND state = 'running'",
        (now, caller_id, key, attempt),
    )


async def forget_expired(connection: Connection, now: datetime, limit: int) -> int:
    """Expired keys that nobody is just taking, at most so many."""
    cursor = await connection.execute(
        "DELETE FROM idempotency_key WHERE (caller_id, key) IN (SELECT caller_id, key FROM idempotency_key "
        "WHERE expires_at <= %s ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED)",
        (now, limit),
    )
    return cursor.rowcount
