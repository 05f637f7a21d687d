"""Table `budget_tracking` (specification section 1): what each period and category may still spend.

A row is a running total over the ledger: a missing one is made with the sum of the approvals of its period.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from psycopg.rows import class_row

from chimera.core.vocabulary import BudgetCategory, BudgetPeriod
from chimera.storage.database import Connection

_COLUMNS = (
    "id, period, category, limit_amount, spent_amount, held_amount, debt_amount, carried_amount, period_start, "
    "period_end, updated_at"
)


@dataclass(frozen=True, slots=True)
class BudgetRecord:
    """Amounts in USD; `period` and `category` are words of `BudgetPeriod` and `BudgetCategory`.

    The period runs from `period_start` (included) to `period_end` (excluded).
    """

    id: int
    period: str
    category: str
    limit_amount: Decimal
    spent_amount: Decimal
    period_start: datetime
    period_end: datetime
    updated_at: datetime
    held_amount: Decimal = Decimal("0.00")
    debt_amount: Decimal = Decimal("0.00")
    carried_amount: Decimal = Decimal("0.00")

    @property
    def used_amount(self) -> Decimal:
        """What lowers the rest: spent, spent beyond the limit, and carried over."""
        return self.spent_amount + self.debt_amount + self.carried_amount

    @property
    def remaining(self) -> Decimal:
        return max(self.limit_amount - self.used_amount, Decimal("0.00"))


@dataclass(frozen=True, slots=True)
class BudgetLimit:
    """The limit a line should have, in USD, by the settings in force."""

    period: BudgetPeriod
    category: BudgetCategory
    limit_amount: Decimal
    period_start: datetime
    period_end: datetime


PeriodStarts = Mapping[BudgetPeriod, datetime]
"""Which day, week and month is meant."""


async def current(connection: Connection, starts: PeriodStarts) -> list[BudgetRecord]:
    """The lines of the periods that begin at `starts`."""
    return await _beginning(connection, starts)


async def _beginning(connection: Connection, starts: PeriodStarts) -> list[BudgetRecord]:
    async with connection.cursor(row_factory=class_row(BudgetRecord)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM budget_tracking WHERE (period, period_start) IN "
            f"(SELECT * FROM unnest(%s::text[], %s::timestamptz[])) ORDER BY id",
            (list(starts.keys()), list(starts.values())),
        )
        return await cursor.fetchall()


async def carried_over(connection: Connection, starts: PeriodStarts) -> dict[tuple[str, str], Decimal]:
    """The debt that new lines of these periods would take over, by period and category."""
    cursor = await connection.execute(
        "SELECT DISTINCT ON (line.period, line.category) line.period, line.category, greatest(0, "
        "line.debt_amount + line.carried_amount - (line.limit_amount - line.spent_amount)) AS carried "
        "FROM budget_tracking line JOIN unnest(%s::text[], %s::timestamptz[]) AS wanted (period, period_start) "
        "ON line.period = wanted.period AND line.period_start < wanted.period_start "
        "ORDER BY line.period, line.category, line.period_start DESC",
        (list(starts.keys()), list(starts.values())),
    )
    return {(row["period"], row["category"]): row["carried"] for row in await cursor.fetchall()}


async def set_current_limit(
    connection: Connection, period: BudgetPeriod, category: BudgetCategory, limit_amount: Decimal, at: datetime
) -> BudgetRecord | None:
    """Give the line of the period that `at` lies in, and any later one, the limit, or what is spent if that is more.

    Answers that line; None where it was not made yet. To be called under the ledger head's lock.
    """
    async with connection.cursor(row_factory=class_row(BudgetRecord)) as cursor:
        await cursor.execute(
            "UPDATE budget_tracking SET limit_amount = greatest(%s, spent_amount), updated_at = %s "
            f"WHERE period = %s AND category = %s AND period_end > %s RETURNING {_COLUMNS}",
            (limit_amount, at, period.value, category.value, at),
        )
        lines = await cursor.fetchall()
    return min(lines, key=lambda line: line.period_start) if lines else None


async def page(connection: Connection, after_id: int, limit: int) -> list[BudgetRecord]:
    """The next lines behind `after_id`, of all periods that ever were."""
    async with connection.cursor(row_factory=class_row(BudgetRecord)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM budget_tracking WHERE id > %s ORDER BY id LIMIT %s", (after_id, limit)
        )
        return await cursor.fetchall()
