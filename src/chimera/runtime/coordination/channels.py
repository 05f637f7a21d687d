"""A channel as the planner sees it, read from its tasks, the ledger and the review list."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from chimera.agents.artist.production import production_request_ids
from chimera.agents.planner.channel import ENDED, Channel, OrderedTask, is_today
from chimera.contracts.objective import Objective
from chimera.core.vocabulary import TaskKind
from chimera.pipeline.money import money_of
from chimera.runtime.coordination.objectives import objective_of
from chimera.storage.database import Connection
from chimera.storage.records import ledger, objective_task, review_item
from chimera.storage.records.ledger import LedgerRecord
from chimera.storage.records.objective import ObjectiveRecord
from chimera.storage.records.task import TaskRecord

LOOK_BACK = timedelta(days=8)
"""How far back ended tasks still matter: for what failed in a row, and for today's money."""


async def read_channel(
    connection: Connection, record: ObjectiveRecord, now: datetime, objective: Objective | None = None
) -> Channel:
    """The objective with its tasks of the last days and those still open."""
    rows = await objective_task.ordered(connection, record.id, now - LOOK_BACK)
    return Channel(
        id=record.id,
        version=record.version,
        objective=objective or objective_of(record),
        first_at=record.created_at,
        active_since=record.active_since,
        tasks=await _tasks(connection, rows, now),
        answered_at=await review_item.last_answer_about_trends(connection),
    )


async def _tasks(connection: Connection, rows: Sequence[TaskRecord], now: datetime) -> list[OrderedTask]:
    pieces = [row.content_id for row in rows if row.content_id is not None and _money_matters(row, now)]
    usd = await _money(connection, pieces)
    return [_ordered(row, usd.get(row.content_id) if row.content_id else None) for row in rows]


def _money_matters(row: TaskRecord, now: datetime) -> bool:
    return row.kind == TaskKind.CONTENT and (row.state not in ENDED or is_today(row.created_at, now))


async def _money(connection: Connection, content_ids: Sequence[UUID]) -> dict[UUID, Decimal]:
    """What these pieces hold and have cost; one for which no money was asked yet is left out."""
    content_of = {request: piece for piece in content_ids for request in production_request_ids(piece)}
    found: dict[UUID, list[LedgerRecord]] = {}
    for row in await ledger.of_requests(connection, list(content_of)) if content_of else ():
        found.setdefault(content_of[row.request_id], []).append(row)
    money = {piece: money_of(rows) for piece, rows in found.items()}
    return {piece: told.held_usd + told.settled_usd for piece, told in money.items()}


def _ordered(row: TaskRecord, usd: Decimal | None) -> OrderedTask:
    error: dict[str, Any] = row.error or {}
    trend_id = (row.result or {}).get("trend_id")
    return OrderedTask(
        id=row.id,
        kind=TaskKind(row.kind),
        slot=datetime.fromisoformat(row.payload["slot"]),
        attempt=int(row.payload["attempt"]),
        state=row.state,
        created_at=row.created_at,
        ended_at=row.finished_at,
        not_before=row.not_before,
        code=error.get("code"),
        reason=str(error.get("message") or ""),
        trend_id=UUID(trend_id) if trend_id else None,
        usd=usd,
    )
