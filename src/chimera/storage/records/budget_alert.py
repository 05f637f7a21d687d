"""Table `budget_alert`: budget lines that passed 50, 80 or 100 percent, overruns and pauses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from chimera.storage.database import Connection
from chimera.storage.records.keyset import Behind, newest_first

AlertKind = Literal["threshold", "overrun", "pause"]

_COLUMNS = "id, kind, period, category, period_start, percent, message, created_at"
_INSERT = f"INSERT INTO budget_alert ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"


@dataclass(frozen=True, slots=True)
class BudgetAlert:
    """Only a threshold names a line (`period`, `category`, `period_start`) and its `percent`; once for each."""

    id: UUID
    kind: AlertKind
    period: str | None
    category: str | None
    period_start: datetime | None
    percent: int | None
    message: str
    created_at: datetime


def add_alerts(connection: psycopg.Connection, alerts: Sequence[BudgetAlert]) -> None:
    """Enter those alerts that were not told before."""
    if alerts:
        with connection.cursor() as cursor:
            cursor.executemany(_INSERT, [_values(alert) for alert in alerts])


async def add(connection: Connection, alerts: Sequence[BudgetAlert]) -> None:
    """The same for an asynchronous caller."""
    if alerts:
        async with connection.cursor() as cursor:
            await cursor.executemany(_INSERT, [_values(alert) for alert in alerts])


async def newest(connection: Connection, limit: int) -> list[BudgetAlert]:
    """The newest alerts, newest first."""
    async with connection.cursor(row_factory=class_row(BudgetAlert)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM budget_alert ORDER BY created_at DESC, percent DESC, id DESC LIMIT %s", (limit,)
        )
        return await cursor.fetchall()


async def page(connection: Connection, behind: Behind, limit: int) -> list[BudgetAlert]:
    """The next alerts behind one of them, the newest first."""
    wanted = newest_first(behind, None)
    async with connection.cursor(row_factory=class_row(BudgetAlert)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM budget_alert {wanted.where} ORDER BY created_at DESC, id DESC LIMIT %s",
            (*wanted.values, limit),
        )
        return await cursor.fetchall()


async def crossed(connection: Connection, starts: Sequence[datetime]) -> list[BudgetAlert]:
    """The thresholds passed by lines of the periods that begin at one of `starts`, the lowest first."""
    async with connection.cursor(row_factory=class_row(BudgetAlert)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM budget_alert WHERE kind = 'threshold' AND period_start = ANY(%s) ORDER BY percent",
            (list(starts),),
        )
        return await cursor.fetchall()


def _values(alert: BudgetAlert) -> tuple[object, ...]:
    return (
        alert.id, alert.kind, alert.period, alert.category, alert.period_start, alert.percent, alert.message,
        alert.created_at,
    )  # fmt: skip
