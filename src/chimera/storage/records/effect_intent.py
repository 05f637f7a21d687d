"""Table `effect_intent`: written before every outside effect, looked up after a crash."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from chimera.core.identity import step_request_id
from chimera.storage.database import Connection


@dataclass(frozen=True, slots=True)
class EffectIntent:
    """`id` is uuid5(content_id, step, attempt); `external_id` is what the outside calls it, once known."""

    id: UUID
    content_id: UUID
    step: str
    attempt: int
    state: str
    external_id: str | None
    details: dict[str, Any]


async def prepare(connection: Connection, content_id: UUID, step: str, attempt: int) -> EffectIntent:
    """The intent of this attempt, written now or found as it was left.

    Raises nothing for an older attempt: compare `attempt` with `latest` before acting.
    """
    await connection.execute(
        "INSERT INTO effect_intent (id, content_id, step, attempt) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (step_request_id(content_id, step, attempt), content_id, step, attempt),
    )
    found = await get(connection, content_id, step, attempt)
    if found is None:
        raise LookupError(f"no intent {step}/{attempt} of {content_id}")
    return found


async def get(connection: Connection, content_id: UUID, step: str, attempt: int) -> EffectIntent | None:
    async with connection.cursor(row_factory=class_row(EffectIntent)) as cursor:
        await cursor.execute(
            "SELECT id, content_id, step, attempt, state, external_id, details FROM effect_intent "
            "WHERE content_id = %s AND step = %s AND attempt = %s",
            (content_id, step, attempt),
        )
        return await cursor.fetchone()


async def finish(
    connection: Connection, intent: EffectIntent, external_id: str | None, details: Mapping[str, Any]
) -> bool:
    """Mark the effect done, unless a newer attempt has begun; answers whether it did."""
    cursor = await connection.execute(
        "UPDATE effect_intent SET state = 'done', external_id = %s, details = details || %s WHERE id = %s "
        "AND NOT EXISTS (SELECT 1 FROM effect_intent newer WHERE newer.content_id = %s AND newer.step = %s "
        "AND newer.attempt > %s)",
        (external_id, Jsonb(dict(details)), intent.id, intent.content_id, intent.step, intent.attempt),
    )
    return cursor.rowcount == 1
