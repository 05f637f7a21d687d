"""What `chimera budget` prints."""

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from rich.console import Console

from chimera.cli.budget_table import print_alerts, print_budgets, print_history, print_limit_set, used_percent
from chimera.contracts.budget import BudgetLine, BudgetNotice, LimitChange, LimitSet
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod

NOON = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 2, 6, tzinfo=UTC)


def console(width: int = 80) -> Console:
    return Console(file=io.StringIO(), width=width, color_system=None)


def printed(used: Console) -> str:
    assert isinstance(used.file, io.StringIO)
    return used.file.getvalue()


def line(**changes: object) -> BudgetLine:
    fields: dict[str, object] = {
        "period": "daily",
        "category": "total",
        "period_start": MIDNIGHT,
        "period_end": MIDNIGHT + timedelta(days=1),
        "limit": Decimal(1000),
        "limit_origin": "setting",
        "version": 0,
        "spent": Decimal("15.5"),
        "held": Decimal(0),
        "debt": Decimal(0),
        "carried": Decimal(0),
        "remaining": Decimal("984.5"),
        "alerts": (),
        "last_updated": NOON,
    }
    return BudgetLine.model_validate({**fields, **changes})


def every_line(**changes: object) -> list[BudgetLine]:
    return [line(period=period, category=category, **changes) for period in BudgetPeriod for category in BudgetCategory]


OWING = {
    "spent": Decimal("19999.99"),
    "limit": Decimal(20000),
    "remaining": Decimal(0),
    "held": Decimal("1234.56"),
    "debt": Decimal("120.00"),
    "carried": Decimal("3.50"),
    "alerts": (50, 80),
    "limit_origin": "person",
}


def change(**changes: object) -> LimitChange:
    fields: dict[str, object] = {
        "period": "daily",
        "category": "total",
        "version": 3,
        "limit": Decimal(500),
        "previous": Decimal(1000),
        "changed_by": "ana",
        "reason": "quiet week",
        "changed_at": NOON,
    }
    return LimitChange.model_validate({**fields, **changes})


def test_a_budget_line_shows_limit_spent_remaining_and_share() -> None:
    used = console()
    print_budgets([line()], used)
    title, row = printed(used).splitlines()[:2]
    assert title.split() == ["period", "category", "limit", "spent", "remaining", "used"]
    assert row.split()[:6] == ["daily", "total", "1000.00", "15.50", "984.50", "1%"]


@pytest.mark.parametrize("width", [60, 70, 80, 100, 160])
@pytest.mark.parametrize("changes", [{}, OWING])
def test_no_row_folds_at_any_usual_width(width: int, changes: dict[str, object]) -> None:
    used = console(width)
    print_budgets(every_line(**changes), used)
    lines = printed(used).splitlines()
    assert max(len(text) for text in lines) <= width
    rows = [text for text in lines if text.split()[0] in set(BudgetPeriod)]
    assert len(rows) == 12
    assert all("…" not in row for row in rows)


def test_held_debt_and_carried_are_shown_where_they_are_not_zero() -> None:
    used = console(120)
    print_budgets([line(**OWING), line()], used)
    assert printed(used).splitlines()[0].split() == [
        "period", "category", "limit", "spent", "remaining", "debt", "carried", "held", "used", "alerted",
    ]  # fmt: skip
    assert "80%" in printed(used)


def test_what_does_not_fit_is_named() -> None:
    used = console(60)
    print_budgets(every_line(**OWING), used)
    assert "Too narrow to show carried and held: see --json" in printed(used)


def test_a_limit_by_a_person_is_marked_and_the_mark_explained() -> None:
    used = console()
    print_budgets([line(limit_origin="person")], used)
    assert "1000.00*" in printed(used)
    assert "* set by a person" in printed(used)


def test_debt_counts_as_used() -> None:
    assert used_percent(line(spent=Decimal(1000), debt=Decimal(100), remaining=Decimal(0))) == 110


def test_the_history_tells_who_when_from_to_and_why() -> None:
    used = console(120)
    print_history([change(), change(limit=None, version=4, reason="back\x1b[2J")], used)
    assert "2026-02-06 12:00  daily total  $1000.00 to $500.00 (version 3)  by ana" in printed(used)
    assert "to the setting (version 4)" in printed(used)
    assert "quiet week" in printed(used)
    assert "\x1b" not in printed(used)


def test_an_empty_history_says_that_the_settings_bind() -> None:
    used = console()
    print_history([], used)
    assert "the settings bind" in printed(used)


def test_a_limit_below_what_is_spent_says_where_the_line_stands() -> None:
    used = console(200)
    print_limit_set(LimitSet(change=change(), wanted=Decimal(500), line_limit=Decimal("612.34")), used)
    assert "Daily total limit: $500.00, set by ana (version 3); it was $1000.00." in printed(used)
    assert "$612.34 of this period is spent already" in printed(used)


def test_a_limit_above_what_is_spent_says_no_more() -> None:
    used = console(200)
    print_limit_set(LimitSet(change=change(), wanted=Decimal(500), line_limit=Decimal(500)), used)
    assert printed(used).count("\n") == 1


def test_alerts_are_listed_with_their_time() -> None:
    used = console(120)
    notice = BudgetNotice(
        id=UUID(int=1),
        kind="threshold",
        period=BudgetPeriod.DAILY,
        category=BudgetCategory.TOTAL,
        period_start=MIDNIGHT,
        percent=80,
        message="Daily total budget: 80% used, $800.00 of $1000.00 since 2026-02-06",
        created_at=NOON,
    )
    print_alerts([notice], used)
    assert printed(used) == "2026-02-06 12:00  Daily total budget: 80% used, $800.00 of $1000.00 since 2026-02-06\n"


def test_without_alerts_it_says_so() -> None:
    used = console()
    print_alerts([], used)
    assert "No budget line has passed 50% yet" in printed(used)
