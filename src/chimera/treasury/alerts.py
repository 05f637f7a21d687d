"""Alerts for people: when a budget line passes 50, 80 or 100 percent, when more was spent than approved, on a pause."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from chimera.core.vocabulary import BudgetCategory, BudgetPeriod, EntryKind
from chimera.storage.records.budget_alert import AlertKind, BudgetAlert
from chimera.treasury.acts.act import Draft
from chimera.treasury.amounts import cents_of_micros, usd_of_cents, usd_text
from chimera.treasury.lines import Amounts, Line

THRESHOLDS_PERCENT = (50, 80, 100)


def percents_reached(used_cents: int, limit_cents: int) -> tuple[int, ...]:
    """The thresholds that a line stands at or above. Used is what lowers its rest: spent, debt and carried."""
    return tuple(percent for percent in THRESHOLDS_PERCENT if used_cents * 100 >= limit_cents * percent)


def alerts_crossed(before_cents: int, after_cents: int, limit_cents: int) -> tuple[int, ...]:
    """The thresholds a line reaches by going from `before_cents` to `after_cents` used, lowest first."""
    reached_before = percents_reached(before_cents, limit_cents)
    return tuple(percent for percent in percents_reached(after_cents, limit_cents) if percent not in reached_before)


def threshold_alert(
    alert_id: UUID,
    *,
    period: BudgetPeriod,
    category: BudgetCategory,
    period_start: datetime,
    percent: int,
    used_usd: Decimal,
    limit_usd: Decimal,
    at: datetime,
) -> BudgetAlert:
    """A line passed `percent` of its limit."""
    return BudgetAlert(
        id=alert_id,
        kind="threshold",
        period=period.value,
        category=category.value,
        period_start=period_start,
        percent=percent,
        message=f"{line_name(period, category)} budget: {percent}% used, ${usd_text(used_usd)} of "
        f"${usd_text(limit_usd)} since {period_start:%Y-%m-%d}",
        created_at=at,
    )


def overrun_alert(
    alert_id: UUID, *, approving_tx: UUID, excess_usd: Decimal, debt_usd: Decimal, at: datetime
) -> BudgetAlert:
    """More was really spent than was approved; `debt_usd` of it is the largest part that no line could take."""
    debt = f"; ${usd_text(debt_usd)} is beyond a limit and stands as debt" if debt_usd else "; the budgets hold it"
    return _notice(
        alert_id, "overrun", f"${usd_text(excess_usd)} more was spent than transaction {approving_tx} allowed{debt}", at
    )


def pause_alert(alert_id: UUID, *, by: str, reason: str, at: datetime) -> BudgetAlert:
    """All spending was stopped."""
    return _notice(alert_id, "pause", f"Spending was paused by {by}: {reason}", at)


def line_name(period: BudgetPeriod, category: BudgetCategory) -> str:
    """The line as sentences begin with it: `Daily total`, `Weekly api_call`."""
    return f"{period.value.capitalize()} {category.value}"


def _notice(alert_id: UUID, kind: AlertKind, message: str, at: datetime) -> BudgetAlert:
    return BudgetAlert(
        id=alert_id,
        kind=kind,
        period=None,
        category=None,
        period_start=None,
        percent=None,
        message=message,
        created_at=at,
    )


def batch_alerts(
    before: Mapping[int, Amounts],
    lines: Iterable[Line],
    entered: Sequence[Draft],
    at: datetime,
    new_id: Callable[[], UUID],
) -> list[BudgetAlert]:
    """What a batch gives people to know: thresholds its lines passed, overruns and pauses it entered."""
    found = [alert for line in lines for alert in _passed(before[line.id], line, at, new_id)]
    debt = usd_of_cents(max((line.debt for line in lines), default=0))
    for draft in entered:
        if draft.kind is EntryKind.OVERRUN and draft.parent_tx:
            excess = usd_of_cents(cents_of_micros(draft.amount_micros))
            found.append(overrun_alert(new_id(), approving_tx=draft.parent_tx, excess_usd=excess, debt_usd=debt, at=at))
        elif draft.kind is EntryKind.PAUSE:
            found.append(pause_alert(new_id(), by=str(draft.more["by"]), reason=draft.reason, at=at))
    return found


def _passed(before: Amounts, line: Line, at: datetime, new_id: Callable[[], UUID]) -> Iterable[BudgetAlert]:
    spent, _, debt = before
    used = line.used
    for percent in alerts_crossed(spent + debt + line.carried, used, line.limit):
        yield threshold_alert(
            new_id(),
            period=BudgetPeriod(line.period),
            category=BudgetCategory(line.category),
            period_start=line.period_start,
            percent=percent,
            used_usd=usd_of_cents(used),
            limit_usd=usd_of_cents(line.limit),
            at=at,
        )
