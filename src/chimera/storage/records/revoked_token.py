"""Table `revoked_token`, and how a token's subject stands in one read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from chimera.storage.database import Connection


@dataclass(frozen=True, slots=True)
class SubjectRecord:
    """An agent or a person; `name` is a person's."""

    id: UUID
    role: str
    other_program: bool
    name: str | None


async def subject(connection: Connection, subject_id: UUID, *, retired_too: bool = False) -> SubjectRecord | None:
    """The agent or person; a retired agent only if wanted, a retired person never."""
    async with connection.cursor(row_factory=class_row(SubjectRecord)) as cursor:
        await cursor.execute(
            "SELECT id, role, config ? 'name' AS other_program, NULL AS name FROM agents WHERE id = %(id)s "
            "AND (%(retired_too)s OR NOT EXISTS "
            "(SELECT FROM crew_member WHERE agent_id = agents.id AND retired_at IS NOT NULL)) "
            "UNION ALL SELECT id, role, FALSE, name FROM person WHERE id = %(id)s AND retired_at IS NULL",
            {"id": subject_id, "retired_too": retired_too},
        )
        return await cursor.fetchone()


@dataclass(frozen=True, slots=True)
class StandingRecord:
    """A token's subject, `id` and `role` None where there is none or it is retired, and whether the token, its login,
    or what its subject had until its second of issue was revoked."""

    id: UUID | None
    role: str | None
    other_program: bool | None
    name: str | None
    revoked: bool


async def standings(
    connection: Connection,
    tokens: Sequence[tuple[UUID, UUID | None, UUID, datetime]],
    *,
    retired_too: bool = False,
) -> list[StandingRecord]:
    """How each token stands, in the order given: its id, its login's, its subject's, and when it was issued."""
    async with connection.cursor(row_factory=class_row(StandingRecord)) as cursor:
        await cursor.execute(
            "SELECT subject.id, subject.role, subject.other_program, subject.name, "
            "EXISTS (SELECT FROM revoked_token WHERE id IN (asked.token_id, asked.session)) "
            "OR EXISTS (SELECT FROM revoked_token WHERE id = asked.subject_id AND revoked_at >= asked.issued_at) "
            "AS revoked FROM unnest(%(tokens)s::uuid[], %(sessions)s::uuid[], %(subjects)s::uuid[], "
            "%(issued)s::timestamptz[]) WITH ORDINALITY AS asked (token_id, session, subject_id, issued_at, number) "
            "LEFT JOIN LATERAL (SELECT id, role, config ? 'name' AS other_program, NULL AS name FROM agents "
            "WHERE id = asked.subject_id AND (%(retired_too)s OR NOT EXISTS "
            "(SELECT FROM crew_member WHERE agent_id = agents.id AND retired_at IS NOT NULL)) "
            "UNION ALL SELECT id, role, FALSE, name FROM person WHERE id = asked.subject_id AND retired_at IS NULL "
            "LIMIT 1) AS subject ON TRUE ORDER BY asked.number",
            {
                "tokens": [token for token, _, _, _ in tokens],
                "sessions": [session for _, session, _, _ in tokens],
                "subjects": [subject_id for _, _, subject_id, _ in tokens],
                "issued": [issued_at for _, _, _, issued_at in tokens],
                "retired_too": retired_too,
            },
        )
        return await cursor.fetchall()


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
