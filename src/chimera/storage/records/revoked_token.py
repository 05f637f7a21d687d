"""Table `revoked_token`, and how a token's subject stands in one read."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from chimera.storage.database import Connection


@dataclass(frozen=True, slots=True)
class SubjectRecord:
    """An agent or a person who is there and not retired; `name` is a person's."""

    id: UUID
    role: str
    other_program: bool
    name: str | None


async def subject(connection: Connection, subject_id: UUID) -> SubjectRecord | None:
    """The agent or person, unless it is retired."""
    async with connection.cursor(row_factory=class_row(SubjectRecord)) as cursor:
        await cursor.execute(
            "SELECT id, role, config ? 'name' AS other_program, NULL AS name FROM agents WHERE id = %(id)s "
            "AND NOT EXISTS (SELECT FROM crew_member WHERE agent_id = agents.id AND retired_at IS NOT NULL) "
            "UNION ALL SELECT id, role, FALSE, name FROM person WHERE id = %(id)s AND retired_at IS NULL",
            {"id": subject_id},
        )
        return await cursor.fetchone()


async def is_revoked(
    connection: Connection, token_id: UUID, session: UUID | None, subject_id: UUID, issued_at: datetime
) -> bool:
    """Whether the token, its login, or what its subject had until its second of issue was revoked."""
    cursor = await connection.execute(
        "SELECT EXISTS (SELECT FROM revoked_token WHERE id = ANY(%s) OR (id = %s AND revoked_at >= %s)) AS revoked",
        ([token_id] if session is None else [token_id, session], subject_id, issued_at),
    )
    row = await cursor.fetchone()
    return row is not None and bool(row["revoked"])


async def revoke(connection: Connection, revoked_id: UUID, *, now: datetime, until: datetime) -> None:
    """A token, a login or a subject is revoked; it need not be remembered after `until`."""
    await connection.execute(
        "INSERT INTO revoked_token (id, revoked_at, expires_at) VALUES (%s, %s, %s) ON CONFLICT (id) DO UPDATE "
        "SET revoked_at = excluded.revoked_at, expires_at = greatest(revoked_token.expires_at, excluded.expires_at)",
        (revoked_id, now, until),
    )


async def forget_expired(connection: Connection, now: datetime, limit: int) -> int:
    cursor = await connection.execute(
        "DELETE FROM revoked_token WHERE id IN (SELECT id FROM revoked_token WHERE expires_at < %s "
        "ORDER BY expires_at LIMIT %s)",
        (now, limit),
    )
    return cursor.rowcount
