"""Table `review_item`: what waits for a person's decision, and what was decided."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from chimera.storage.database import Connection
from chimera.storage.records.keyset import Behind, newest_first

Kind = Literal["trend", "content", "task"]
State = Literal["waiting", "approved", "rejected"]

_COLUMNS = (
    "id, kind, trend_id, content_id, subject, topics, reason, state, created_at, decided_at, decided_by, "
    "answer, task_id"
)


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """`subject` is the topic or title shown to people; `topics` names the sensitive ones found in it."""

    id: UUID
    kind: Kind
    trend_id: UUID | None
    content_id: UUID | None
    subject: str
    topics: list[str]
    reason: str
    state: State
    created_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None
    #: What the person said to it.
    answer: str | None = None
    task_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReviewedTrend:
    """A trend's item with what tells its event: the trend's metadata."""

    id: UUID
    subject: str
    state: State
    metadata: dict[str, Any]


async def add(connection: Connection, item: ReviewItem) -> bool:
    """Put the item on the list; answers False where its trend or content piece is on it already."""
    cursor = await connection.execute(
        f"INSERT INTO review_item ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "ON CONFLICT DO NOTHING",
        (
            item.id, item.kind, item.trend_id, item.content_id, item.subject, Jsonb(item.topics), item.reason,
            item.state, item.created_at, item.decided_at, item.decided_by, item.answer, item.task_id,
        ),
    )  # fmt: skip
    return cursor.rowcount == 1


async def lock_trends(connection: Connection) -> None:
    """Let one transaction at a time add trends, so that two planners don't add one event twice."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('review_item/trend'))")


async def trends_between(connection: Connection, earliest: datetime, latest: datetime) -> list[ReviewedTrend]:
    """The items of trends whose evidence is as of a moment between the two, newest first, at most 1,000."""
    async with connection.cursor(row_factory=class_row(ReviewedTrend)) as cursor:
        await cursor.execute(
            "SELECT item.id, item.subject, item.state, trend.metadata FROM review_item item "
            "JOIN trends trend ON trend.id = item.trend_id WHERE item.kind = 'trend' "
            "AND COALESCE((trend.metadata->'evidence'->>'as_of')::timestamptz, trend.created_at) BETWEEN %s AND %s "
            "ORDER BY item.created_at DESC, item.id LIMIT 1000",
            (earliest, latest),
        )
        return await cursor.fetchall()


async def listed(connection: Connection, limit: int) -> list[ReviewItem]:
    """The list, waiting ones first (the longest waiting on top), then the newest decisions."""
    async with connection.cursor(row_factory=class_row(ReviewItem)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM review_item ORDER BY state <> 'waiting', "
            "CASE WHEN state = 'waiting' THEN created_at END, decided_at DESC, id LIMIT %s",
            (limit,),
        )
        return await cursor.fetchall()


async def page(connection: Connection, behind: Behind, state: State | None, limit: int) -> list[ReviewItem]:
    """The next items behind one of them, the newest first."""
    wanted = newest_first(behind, None)
    if state is not None:
        wanted.add("state = %s", state)
    async with connection.cursor(row_factory=class_row(ReviewItem)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM review_item {wanted.where} ORDER BY created_at DESC, id DESC LIMIT %s",
            (*wanted.values, limit),
        )
        return await cursor.fetchall()


async def get(connection: Connection, item_id: UUID) -> ReviewItem | None:
    async with connection.cursor(row_factory=class_row(ReviewItem)) as cursor:
        await cursor.execute(f"SELECT {_COLUMNS} FROM review_item WHERE id = %s", (item_id,))
        return await cursor.fetchone()


async def of_content(connection: Connection, content_id: UUID) -> ReviewItem | None:
    async with connection.cursor(row_factory=class_row(ReviewItem)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM review_item WHERE kind = 'content' AND content_id = %s", (content_id,)
        )
        return await cursor.fetchone()


async def answered_pieces(connection: Connection, limit: int) -> list[ReviewItem]:
    """Items of pieces that a person has decided about and that are still in review, the longest decided first."""
    async with connection.cursor(row_factory=class_row(ReviewItem)) as cursor:
        await cursor.execute(
            f"SELECT {', '.join('item.' + name for name in _COLUMNS.split(', '))} FROM review_item item "
            "JOIN content_pipeline piece ON piece.id = item.content_id "
            "WHERE item.kind = 'content' AND item.state <> 'waiting' AND piece.stage = 'review' "
            "ORDER BY item.decided_at, item.id LIMIT %s",
            (limit,),
        )
        return await cursor.fetchall()


async def last_answer_about_trends(connection: Connection) -> datetime | None:
    """When a person last decided about a trend."""
    cursor = await connection.execute("SELECT max(decided_at) AS at FROM review_item WHERE kind = 'trend'")
    row = await cursor.fetchone()
    return row["at"] if row else None


async def decide(
    connection: Connection,
    item_id: UUID,
    *,
    state: Literal["approved", "rejected"],
    at: datetime,
    by: str,
    answer: str | None = None,
) -> bool:
    """Decide a waiting item; answers False where it is not waiting (any more)."""
    cursor = await connection.execute(
        "UPDATE review_item SET state = %s, decided_at = %s, decided_by = %s, answer = %s "
        "WHERE id = %s AND state = 'waiting'",
        (state, at, by, answer, item_id),
    )
    return cursor.rowcount == 1
