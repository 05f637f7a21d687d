"""The current budget lines as the next decision will see them; nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from chimera.core.vocabulary import BudgetCategory, BudgetPeriod
from chimera.storage.database import Connection
from chimera.storage.records import budget_tracking
from chimera.storage.records.budget_tracking import BudgetLimit, BudgetRecord
from chimera.treasury.periods import PeriodBounds, current_periods
from chimera.treasury.policy import BudgetLimits

_NOTHING = Decimal("0.00")


async def read_budgets(connection: Connection, limits: BudgetLimits, at: datetime) -> list[BudgetRecord]:
    """Every current line as the next decision will see it; nothing is written."""
    periods = current_periods(at)
    starts = _starts(periods)
    found = {(line.period, line.category): line for line in await budget_tracking.current(connection, starts)}
    wanted = _wanted(periods, limits)
    carried = {} if len(found) == len(wanted) else await budget_tracking.carried_over(connection, starts)
    return [
        _seen(limit, found.get(key), carried.get(key, _NOTHING), at)
        for limit in wanted
        for key in [(limit.period.value, limit.category.value)]
    ]


def _starts(periods: Sequence[PeriodBounds]) -> Mapping[BudgetPeriod, datetime]:
    return {bounds.period: bounds.start for bounds in periods}


def _wanted(periods: Sequence[PeriodBounds], limits: BudgetLimits) -> list[BudgetLimit]:
    return [
        BudgetLimit(bounds.period, category, limits(bounds.period, category), bounds.start, bounds.end)
        for bounds in periods
        for category in BudgetCategory
    ]


def _seen(limit: BudgetLimit, line: BudgetRecord | None, carried: Decimal, at: datetime) -> BudgetRecord:
    if line is not None:
        return replace(line, limit_amount=max(limit.limit_amount, line.spent_amount))
    return BudgetRecord(
        id=0,
        period=limit.period,
        category=limit.category,
        limit_amount=limit.limit_amount,
        spent_amount=_NOTHING,
        period_start=limit.period_start,
        period_end=limit.period_end,
        updated_at=at,
        carried_amount=carried,
    )
