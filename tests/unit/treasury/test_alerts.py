"""When a budget line alerts, and in which words."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chimera.core.vocabulary import BudgetCategory, BudgetPeriod
from chimera.treasury.alerts import alerts_crossed, overrun_alert, pause_alert, percents_reached, threshold_alert

NOON = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 2, 6, tzinfo=UTC)
CENTS = st.integers(min_value=0, max_value=10_000_000_000)


@pytest.mark.parametrize(
    ("before", "after", "limit", "crossed"),
    [
        (0, 4_999, 10_000, ()),
        (4_999, 5_000, 10_000, (50,)),
        (5_000, 7_999, 10_000, ()),
        (0, 8_000, 10_000, (50, 80)),
        (0, 10_000, 10_000, (50, 80, 100)),
        (9_999, 10_000, 10_000, (100,)),
        (10_000, 12_000, 10_000, ()),
        (10_000, 3_000, 10_000, ()),
        (1, 2, 3, (50,)),
    ],
)
def test_a_line_alerts_when_it_reaches_a_threshold(
    before: int, after: int, limit: int, crossed: tuple[int, ...]
) -> None:
    assert alerts_crossed(before, after, limit) == crossed


@given(start=CENTS, steps=st.lists(CENTS, max_size=8), limit=st.integers(min_value=1, max_value=10_000_000_000))
def test_a_line_that_only_grows_alerts_for_each_threshold_once(start: int, steps: list[int], limit: int) -> None:
    told: list[int] = list(percents_reached(start, limit))
    used = start
    for step in steps:
        told += alerts_crossed(used, used + step, limit)
        used += step
    assert told == list(percents_reached(used, limit))


def test_a_threshold_names_the_line_and_its_numbers() -> None:
    alert = threshold_alert(
        UUID(int=1),
        period=BudgetPeriod.DAILY,
        category=BudgetCategory.COMPUTE,
        period_start=MIDNIGHT,
        percent=80,
        used_usd=Decimal("812.5"),
        limit_usd=Decimal(1000),
        at=NOON,
    )
    assert alert.message == "Daily compute budget: 80% used, $812.50 of $1000.00 since 2026-02-06"
    assert (alert.kind, alert.period, alert.category, alert.percent) == ("threshold", "daily", "compute", 80)


def test_an_overrun_tells_the_excess_and_the_debt() -> None:
    owed = overrun_alert(UUID(int=1), approving_tx=UUID(int=7), excess_usd=Decimal(3), debt_usd=Decimal(2), at=NOON)
    assert "$3.00 more was spent than transaction 00000000-0000-0000-0000-000000000007 allowed" in owed.message
    assert "$2.00 is beyond a limit and stands as debt" in owed.message
    held = overrun_alert(UUID(int=1), approving_tx=UUID(int=7), excess_usd=Decimal(3), debt_usd=Decimal(0), at=NOON)
    assert held.message.endswith("the budgets hold it")


def test_a_pause_tells_who_and_why() -> None:
    alert = pause_alert(UUID(int=1), by="ana", reason="invoice looks wrong", at=NOON)
    assert (alert.kind, alert.message) == ("pause", "Spending was paused by ana: invoice looks wrong")
