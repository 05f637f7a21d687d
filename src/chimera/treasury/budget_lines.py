"""The current budget lines as people see them: whose limit binds, what is held and owed, what was alerted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from chimera.contracts.budget import BudgetLine, BudgetNotice
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod
from chimera.storage.database import Connection
from chimera.storage.records import budget_alert, budget_change
from chimera.storage.records.budget_alert import BudgetAlert
from chimera.storage.records.budget_change import BudgetChange
from chimera.storage.records.budget_tracking import BudgetRecord
from chimera.treasury.budgets import read_budgets
from chimera.treasury.limits import binding, effective_limits
from chimera.treasury.policy import BudgetLimits


async def budget_lines(connection: Connection, settings: BudgetLimits, at: datetime) -> tuple[BudgetLine, ...]:
    """Every current line as the next decision will see it; nothing is written."""
    changes = await budget_change.newest(connection)
    lines = await read_budgets(connection, effective_limits(binding(changes), settings), at)
    alerts = await budget_alert.crossed(connection, sorted({line.period_start for line in lines}))
    change_of = {(change.period, change.category): change for change in changes}
    return tuple(_told(line, change_of.get((line.period, line.category)), alerts) for line in lines)


def _told(line: BudgetRecord, change: BudgetChange | None, alerts: Sequence[BudgetAlert]) -> BudgetLine:
    origin: Literal["setting", "person"] = "person" if change and change.limit_amount is not None else "setting"
    return BudgetLine(
        period=BudgetPeriod(line.period),
        category=BudgetCategory(line.category),
        period_start=line.period_start,
        period_end=line.period_end,
        limit=line.limit_amount,
        limit_origin=origin,
        version=change.version if change else 0,
        spent=line.spent_amount,
        held=line.held_amount,
        debt=line.debt_amount,
        carried=line.carried_amount,
        remaining=line.remaining,
        alerts=tuple(alert.percent for alert in alerts if alert.percent is not None and _is_of(alert, line)),
        last_updated=line.updated_at.replace(microsecond=0),
    )


def _is_of(alert: BudgetAlert, line: BudgetRecord) -> bool:
    return (alert.period, alert.category, alert.period_start) == (line.period, line.category, line.period_start)


def notice(alert: BudgetAlert) -> BudgetNotice:
    """The alert as it is listed."""
    return BudgetNotice(
        id=alert.id,
        kind=alert.kind,
        period=None if alert.period is None else BudgetPeriod(alert.period),
        category=None if alert.category is None else BudgetCategory(alert.category),
        period_start=alert.period_start,
        percent=alert.percent,
        message=alert.message,
        created_at=alert.created_at,
    )
