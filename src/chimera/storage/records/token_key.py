"""Table `token_key`: the public keys of access tokens, and until when each of them counts."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from chimera.storage.database import Connection

KEYS_MAX = 200
"""No more are read."""


@dataclass(frozen=True, slots=True)
class TokenKeyRecord:
    kid: str
    public_key: str
    created_at: datetime
    honoured_until: datetime
    retired_at: datetime | None


async def use(connection: Connection, kid: str, public_key: str, *, now: datetime, until: datetime) -> bool:
    """Let the key's tokens count until then at least; False if the key was retired."""
    cursor = await connection.execute(
        "INSERT INTO token_key (kid, public_key, created_at, honoured_until) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (kid) DO UPDATE SET honoured_until = greatest(token_key.honoured_until, excluded.honoured_until) "
        "WHERE token_key.retired_at IS NULL",
        (kid, public_key, now, until),
    )
    return cursor.rowcount == 1


async def honoured(connection: Connection, now: datetime) -> list[TokenKeyRecord]:
    """The keys whose tokens count now, the newest first."""
    return [key for key in await list_(connection) if key.honoured_until > now]


async def list_(connection: Connection) -> list[TokenKeyRecord]:
    """The keys that still are known: those that count longest come first."""
    async with connection.cursor(row_factory=class_row(TokenKeyRecord)) as cursor:
        await cursor.execute(
            "SELECT kid, public_key, created_at, honoured_until, retired_at FROM token_key "
            "ORDER BY honoured_until DESC, kid LIMIT %s",
            (KEYS_MAX,),
        )
        return await cursor.fetchall()


async def retire(connection: Connection, kid: str, *, now: datetime, until: datetime) -> bool:
    """Nobody signs with the key any more, and its tokens count until then at most; False if there is no such key."""
    cursor = await connection.execute(
        "UPDATE token_key SET retired_at = coalesce(retired_at, %s), honoured_until = least(honoured_until, %s) "
        "WHERE kid = %s",
        (now, until, kid),
    )
    return cursor.rowcount == 1


async def forget(connection: Connection, before: datetime, limit: int) -> int:
    """Drop keys that have not counted since then; a key that is signed with again comes back."""
    cursor = await connection.execute(
        "DELETE FROM token_key WHERE kid IN (SELECT kid FROM token_key WHERE honoured_until < %s "
        "AND retired_at IS NULL ORDER BY honoured_until LIMIT %s)",
        (before, limit),
    )
    return cursor.rowcount
