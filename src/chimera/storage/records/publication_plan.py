"""Table `publication_plan`: when a passed piece goes out. Each change names the version it is made on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from chimera.core.vocabulary import Stage
from chimera.storage.database import Connection
from chimera.storage.notices import PUBLICATION_PLAN

State = Literal["planned", "cancelled", "released"]
_COLUMNS: LiteralString = "content_id, publish_at, state, version, set_by, updated_at"


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """`publish_at` is None only where a piece that was never planned is kept back."""

    content_id: UUID
    publish_at: datetime | None
    state: State
    version: int
    set_by: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """A piece and its plan as a waiter sees them; state None and version 0 where nothing is planned."""

    content_id: UUID
    stage: Stage
    publish_at: datetime | None
    state: State | None
    version: int


async def get_many(connection: Connection, content_ids: Collection[UUID]) -> dict[UUID, PlanRecord]:
    """The plans of these pieces, as far as they have one."""
    async with connection.cursor(row_factory=class_row(PlanRecord)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM publication_plan WHERE content_id = ANY(%s)", (list(content_ids),)
        )
        return {row.content_id: row for row in await cursor.fetchall()}


async def put(connection: Connection, plan: PlanRecord, *, over_version: int | None) -> PlanRecord | None:
    """Write the plan over the version named (0: there is none yet; None: whichever), and tell who waits.

    Answers None, having changed nothing, where another version stands or the piece is released.
    """
    cursor = connection.cursor(row_factory=class_row(PlanRecord))
    await cursor.execute(
        f"INSERT INTO publication_plan AS plan ({_COLUMNS}) SELECT %(id)s, %(at)s, %(state)s, 1, %(by)s, %(now)s "
        "WHERE %(over)s::bigint IS NULL OR %(over)s = 0 OR EXISTS "
        "(SELECT 1 FROM publication_plan WHERE content_id = %(id)s) "
        "ON CONFLICT (content_id) DO UPDATE SET publish_at = excluded.publish_at, state = excluded.state, "
        "version = plan.version + 1, set_by = excluded.set_by, updated_at = excluded.updated_at "
        "WHERE plan.state <> 'released' AND (%(over)s::bigint IS NULL OR plan.version = %(over)s) "
        f"RETURNING {_COLUMNS}",
        {
            "id": plan.content_id, "at": plan.publish_at, "state": plan.state, "by": plan.set_by,
            "now": plan.updated_at, "over": over_version,
        },
    )  # fmt: skip
    written = await cursor.fetchone()
    if written is not None:
        await connection.execute("SELECT pg_notify(%s, %s)", (PUBLICATION_PLAN, str(plan.content_id)))
    return written


async def standing(connection: AsyncConnection[Any], content_ids: Collection[UUID]) -> list[Standing]:
    """These pieces with their plans; a piece that is gone is left out."""
    async with connection.cursor(row_factory=class_row(Standing)) as cursor:
        await cursor.execute(
            "SELECT piece.id AS content_id, piece.stage, plan.publish_at, plan.state, "
            "coalesce(plan.version, 0) AS version FROM content_pipeline piece "
            "LEFT JOIN publication_plan plan ON plan.content_id = piece.id WHERE piece.id = ANY(%s)",
            (list(content_ids),),
        )
        return await cursor.fetchall()
