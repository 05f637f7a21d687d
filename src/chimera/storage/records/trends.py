"""Table `trends` (specification section 1)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from chimera.contracts.evidence import TrendEvidence
from chimera.storage.database import Connection
from chimera.storage.records.keyset import Behind, newest_first

_COLUMNS = "id, topic, volume, sentiment_score, rising_velocity, platforms, metadata, scout_agent_id, created_at"


@dataclass(frozen=True, slots=True)
class TrendRecord:
    """`metadata` holds section 3's metadata and, under `evidence`, a `TrendEvidence`."""

    id: UUID
    topic: str
    volume: int
    sentiment_score: Decimal
    rising_velocity: Decimal
    platforms: list[str]
    metadata: dict[str, Any]
    scout_agent_id: UUID | None
    created_at: datetime

    @property
    def evidence(self) -> TrendEvidence:
        """The counts behind the trend.

        Raises:
            pydantic.ValidationError: the row holds none, or not in the contract's form.
        """
        return TrendEvidence.model_validate(self.metadata.get("evidence"))


async def insert(connection: Connection, trend: TrendRecord) -> None:
    await connection.execute(
        f"INSERT INTO trends ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            trend.id, trend.topic, trend.volume, trend.sentiment_score, trend.rising_velocity,
            Jsonb(trend.platforms), Jsonb(trend.metadata), trend.scout_agent_id, trend.created_at,
        ),
    )  # fmt: skip


async def get(connection: Connection, trend_id: UUID) -> TrendRecord | None:
    async with connection.cursor(row_factory=class_row(TrendRecord)) as cursor:
        await cursor.execute(f"SELECT {_COLUMNS} FROM trends WHERE id = %s", (trend_id,))
        return await cursor.fetchone()


async def get_many(connection: Connection, trend_ids: list[UUID]) -> list[TrendRecord]:
    """The trends found among `trend_ids`, in the order asked for."""
    async with connection.cursor(row_factory=class_row(TrendRecord)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM trends WHERE id = ANY(%s) ORDER BY array_position(%s, id)", (trend_ids, trend_ids)
        )
        return await cursor.fetchall()


async def page(connection: Connection, behind: Behind, since: datetime | None, limit: int) -> list[TrendRecord]:
    """The next trends behind one of them, the newest first."""
    wanted = newest_first(behind, since)
    async with connection.cursor(row_factory=class_row(TrendRecord)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM trends {wanted.where} ORDER BY created_at DESC, id DESC LIMIT %s",
            (*wanted.values, limit),
        )
        return await cursor.fetchall()
