"""Table `topic`: what has changed, looked up in PostgreSQL's own counters, so that no writer pays for being watched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from psycopg.rows import class_row

from chimera.storage.database import Connection
from chimera.storage.notices import ESCALATION_ANSWERED, PUBLICATION_PLAN, STUDIO_HALT

TABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "content": ("content_pipeline", "publication_plan", "review_item", "piece_cancel"),
        "tasks": ("task", "dead_letter"),
        "approvals": ("escalation",),
        "budgets": ("budget_tracking", "budget_change"),
        "halt": ("studio_halt",),
    }
)
"""The tables whose rows a topic is about."""
NOTICES: Mapping[str, str] = MappingProxyType(
    {ESCALATION_ANSWERED: "approvals", STUDIO_HALT: "halt", PUBLICATION_PLAN: "content"}
)
"""Channels on which a topic's change is told at once; the counters tell it a second or, at worst, ten later."""
_LOCK = 0x43485450  # "CHTP": versions are given by one process at a time
_LOOK = (
    "WITH seen AS (SELECT watched.topic, coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint AS mark "
    "FROM unnest(%s::text[], %s::text[]) AS watched(topic, relation) LEFT JOIN pg_stat_user_tables "
    "ON schemaname = 'public' AND relname = watched.relation GROUP BY watched.topic) "
    "SELECT topic.name, topic.version, topic.mark, seen.mark AS seen, topic.changed_at FROM topic "
    "JOIN seen ON seen.topic = topic.name ORDER BY topic.name"
)


@dataclass(frozen=True, slots=True)
class TopicRecord:
    """`seen` is where the topic's tables are now, `mark` where they were when `version` was given."""

    name: str
    version: int
    mark: int
    seen: int
    changed_at: datetime


async def look(connection: Connection) -> Sequence[TopicRecord]:
    watched = [(name, table) for name, tables in TABLES.items() for table in tables]
    async with connection.cursor(row_factory=class_row(TopicRecord)) as cursor:
        await cursor.execute(_LOOK, ([name for name, _ in watched], [table for _, table in watched]))
        return await cursor.fetchall()


async def lock(connection: Connection) -> None:
    """Be the one that gives versions, until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


async def advance(connection: Connection, found: TopicRecord, now: datetime) -> int:
    """Give the topic the next version, under the lock."""
    cursor = await connection.execute(
        "UPDATE topic SET version = (SELECT max(version) + 1 FROM topic), mark = %s, changed_at = %s "
        "WHERE name = %s RETURNING version",
        (found.seen, now, found.name),
    )
    row = await cursor.fetchone()
    return 0 if row is None else int(row["version"])
