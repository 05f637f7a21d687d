"""Tables `refresh_family` and `refresh_token`: logins, and the tokens that go on with them; only their hashes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from chimera.storage.database import Connection


@dataclass(frozen=True, slots=True)
class RefreshTokenRecord:
    """A token with its family; `successor_used` tells that the one it was exchanged for was shown since."""

    family_id: UUID
    subject: UUID
    expires_at: datetime
    used_at: datetime | None
    salt: bytes | None
    successor_used: bool
    revoked_at: datetime | None


async def begin_family(
    connection: Connection, family_id: UUID, subject: UUID, token_hash: bytes, *, now: datetime, until: datetime
) -> None:
    """A new login of the subject, with its first token."""
    await connection.execute(
        "INSERT INTO refresh_family (id, subject, created_at, expires_at) VALUES (%s, %s, %s, %s)",
        (family_id, subject, now, until),
    )
    await _add(connection, token_hash, family_id, None, now=now, until=until)


async def locked(connection: Connection, token_hash: bytes) -> RefreshTokenRecord | None:
    """The token, its family locked until the transaction ends, so that of two who show it one comes first."""
    await connection.execute(
        "SELECT FROM refresh_family WHERE id = (SELECT family_id FROM refresh_token WHERE hash = %s) FOR UPDATE",
        (token_hash,),
    )
    async with connection.cursor(row_factory=class_row(RefreshTokenRecord)) as cursor:
        await cursor.execute(
            "SELECT token.family_id, family.subject, token.expires_at, token.used_at, token.salt, family.revoked_at, "
            "EXISTS (SELECT FROM refresh_token successor WHERE successor.family_id = token.family_id "
            "AND successor.predecessor = token.hash AND successor.used_at IS NOT NULL) AS successor_used "
            "FROM refresh_token token JOIN refresh_family family ON family.id = token.family_id WHERE token.hash = %s",
            (token_hash,),
        )
        return await cursor.fetchone()


async def rotate(
    connection: Connection,
    token_hash: bytes,
    family_id: UUID,
    salt: bytes,
    successor_hash: bytes,
    *,
    now: datetime,
    until: datetime,
) -> None:
    """The token is used, its successor counts. The salt it came by itself is not needed any more."""
    await connection.execute(
        "UPDATE refresh_token SET salt = NULL WHERE family_id = %s AND salt IS NOT NULL", (family_id,)
    )
    await connection.execute(
        "UPDATE refresh_token SET used_at = %s, salt = %s WHERE hash = %s", (now, salt, token_hash)
    )
    await _add(connection, successor_hash, family_id, token_hash, now=now, until=until)
    await connection.execute("UPDATE refresh_family SET expires_at = %s WHERE id = %s", (until, family_id))


async def revoke_family(connection: Connection, family_id: UUID, why: str, now: datetime) -> None:
    await connection.execute(
        "UPDATE refresh_family SET revoked_at = %s, revoked_why = %s WHERE id = %s AND revoked_at IS NULL",
        (now, why, family_id),
    )


async def revoke_subject(connection: Connection, subject: UUID, why: str, now: datetime) -> list[UUID]:
    """End every login of the subject; answers which."""
    cursor = await connection.execute(
        "UPDATE refresh_family SET revoked_at = %s, revoked_why = %s WHERE subject = %s AND revoked_at IS NULL "
        "RETURNING id",
        (now, why, subject),
    )
    return [row["id"] for row in await cursor.fetchall()]


async def forget_expired(connection: Connection, now: datetime, limit: int) -> int:
    """Drop tokens and logins whose time is over, so many of each at most. A login goes once its tokens are gone."""
    cursor = await connection.execute(
        "DELETE FROM refresh_token WHERE hash IN (SELECT hash FROM refresh_token WHERE expires_at < %s "
        "ORDER BY expires_at LIMIT %s)",
        (now, limit),
    )
    tokens = cursor.rowcount
    cursor = await connection.execute(
        "DELETE FROM refresh_family WHERE id IN (SELECT id FROM refresh_family family WHERE expires_at < %s "
        "AND NOT EXISTS (SELECT FROM refresh_token WHERE family_id = family.id) ORDER BY expires_at LIMIT %s)",
        (now, limit),
    )
    return tokens + cursor.rowcount


async def _add(
    connection: Connection,
    token_hash: bytes,
    family_id: UUID,
    predecessor: bytes | None,
    *,
    now: datetime,
    until: datetime,
) -> None:
    await connection.execute(
        "INSERT INTO refresh_token (hash, family_id, predecessor, issued_at, expires_at) VALUES (%s, %s, %s, %s, %s)",
        (token_hash, family_id, predecessor, now, until),
    )
