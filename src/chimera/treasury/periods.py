"""The budget periods in UTC: a day, a week from Monday, a calendar month."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from chimera.core.vocabulary import BudgetPeriod

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class PeriodBounds:
    """From `start` (included) to `end` (excluded)."""

    period: BudgetPeriod
    start: datetime
    end: datetime

    def elapsed_share(self, at: datetime) -> Decimal:
        """How much of the period lies behind `at`, from 0 to 1."""
        share = Decimal((at - self.start) // _MICROSECOND) / Decimal((self.end - self.start) // _MICROSECOND)
        return min(max(share, Decimal(0)), Decimal(1))


def bounds(period: BudgetPeriod, at: datetime) -> PeriodBounds:
    """The bounds of the period that `at` (with a zone) lies in."""
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    match period:
        case BudgetPeriod.DAILY:
            return PeriodBounds(period, midnight, midnight + timedelta(days=1))
        case BudgetPeriod.WEEKLY:
            monday = midnight - timedelta(days=midnight.weekday())
            return PeriodBounds(period, monday, monday + timedelta(days=7))
        case BudgetPeriod.MONTHLY:
            first = midnight.replace(day=1)
            return PeriodBounds(period, first, (first + timedelta(days=31)).replace(day=1))


def current_periods(at: datetime) -> tuple[PeriodBounds, ...]:
    """The day, the week and the month that `at` lies in."""
    return tuple(bounds(period, at) for period in BudgetPeriod)
