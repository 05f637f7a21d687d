"""Table `budget_change`: limits that people set instead of the settings', and lifted again; rows are never changed."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import psycopg
from psycopg.rows import class_row, tuple_row

from chimera.core.vocabulary import BudgetCategory, BudgetPeriod
from chimera.storage.database import Connection
from chimera.storage.records.keyset import Conditions

_COLUMNS = "period, category, version, limit_amount, previous_amount, changed_by, reason, changed_at"
_NEWEST = f"SELECT DISTINCT ON (period, category) {_COLUMNS} FROM budget_change"
_NEWEST_ORDER = "ORDER BY period, category, version DESC"


@dataclass(frozen=True, slots=True)
class BudgetChange:
    """USD. Without `limit_amount` the limit was lifted: the setting binds again. `previous_amount` bound before."""

    period: str
    category: str
    version: int
    limit_amount: Decimal | None
    previous_amount: Decimal
    changed_by: str
    reason: str
    changed_at: datetime


def limits_set(connection: psycopg.Connection) -> dict[tuple[str, str], Decimal]:
    """The limits by people that bind now, by period and category; those lifted are left out."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(
            f"SELECT period, category, limit_amount FROM ({_NEWEST} {_NEWEST_ORDER}) AS newest "
            "WHERE limit_amount IS NOT NULL"
        )
        return {(period, category): limit_amount for period, category, limit_amount in cursor.fetchall()}


async def newest(connection: Connection) -> list[BudgetChange]:
    """The last change of each period and category that was ever changed."""
    async with connection.cursor(row_factory=class_row(BudgetChange)) as cursor:
        await cursor.execute(f"{_NEWEST} {_NEWEST_ORDER}")
        return await cursor.fetchall()


async def newest_of(connection: Connection, period: BudgetPeriod, category: BudgetCategory) -> BudgetChange | None:
    """The last change of one period and category."""
    async with connection.cursor(row_factory=class_row(BudgetChange)) as cursor:
        await cursor.execute(
            f"{_NEWEST} WHERE period = %s AND category = %s {_NEWEST_ORDER}", (period.value, category.value)
        )
        return await cursor.fetchone()


async def history(connection: Connection, limit: int) -> list[BudgetChange]:
    """The newest changes of all, newest first."""
    async with connection.cursor(row_factory=class_row(BudgetChange)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM budget_change ORDER BY changed_at DESC, version DESC, period, category LIMIT %s",
            (limit,),
        )
        return await cursor.fetchall()


async def page(connection: Connection, behind: tuple[datetime, str, str, int] | None, limit: int) -> list[BudgetChange]:
    """The next changes behind one of them (its moment, period, category and version), the newest first."""
    wanted = Conditions()
    if behind is not None:
        at, period, category, version = behind
        wanted.add("changed_at <= %s", at)
        wanted.add(
            "(changed_at < %s OR (period, category) > (%s, %s) OR ((period, category) = (%s, %s) AND version < %s))",
            at, period, category, period, category, version,
        )  # fmt: skip
    async with connection.cursor(row_factory=class_row(BudgetChange)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM budget_change {wanted.where} "
            "ORDER BY changed_at DESC, period, category, version DESC LIMIT %s",
            (*wanted.values, limit),
        )
        return await cursor.fetchall()


async def insert(connection: Connection, change: BudgetChange) -> None:
    """Enter the change; to be called under the ledger head's lock, which makes its version the next one."""
    await connection.execute(
        f"INSERT INTO budget_change ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            change.period, change.category, change.version, change.limit_amount, change.previous_amount,
            change.changed_by, change.reason, change.changed_at,
        ),
    )  # fmt: skip
