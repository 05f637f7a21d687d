"""Days, weeks from Monday and calendar months, in UTC."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chimera.core.vocabulary import BudgetPeriod
from chimera.treasury.periods import bounds, current_periods


@pytest.mark.parametrize(
    ("period", "at", "start", "end"),
    [
        ("daily", "2026-02-06T00:00:00Z", "2026-02-06T00:00:00Z", "2026-02-07T00:00:00Z"),
        ("daily", "2026-02-06T23:59:59.999999Z", "2026-02-06T00:00:00Z", "2026-02-07T00:00:00Z"),
        ("daily", "2026-02-07T01:30:00+02:00", "2026-02-06T00:00:00Z", "2026-02-07T00:00:00Z"),
        ("weekly", "2026-02-08T23:59:59.999999Z", "2026-02-02T00:00:00Z", "2026-02-09T00:00:00Z"),
        ("weekly", "2026-02-09T00:00:00Z", "2026-02-09T00:00:00Z", "2026-02-16T00:00:00Z"),
        ("weekly", "2026-01-01T00:00:00Z", "2025-12-29T00:00:00Z", "2026-01-05T00:00:00Z"),
        ("monthly", "2026-02-28T23:59:59.999999Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("monthly", "2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"),
        ("monthly", "2026-12-31T23:00:00-02:00", "2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z"),
    ],
)
def test_a_moment_lies_in_its_period(period: str, at: str, start: str, end: str) -> None:
    found = bounds(BudgetPeriod(period), datetime.fromisoformat(at))
    assert (found.start, found.end) == (datetime.fromisoformat(start), datetime.fromisoformat(end))


@given(
    at=st.datetimes(
        min_value=datetime(1971, 1, 1),  # noqa: DTZ001 - hypothesis takes naive bounds and adds the zone
        max_value=datetime(9998, 1, 1),  # noqa: DTZ001
        timezones=st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours))),
    )
)
def test_periods_hold_their_moment_and_touch_without_a_gap(at: datetime) -> None:
    for found in current_periods(at):
        assert found.start <= at < found.end
        assert bounds(found.period, found.end).start == found.end
        assert 0 <= found.elapsed_share(at) < 1


def test_half_of_a_day_is_gone_at_noon() -> None:
    noon = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
    assert bounds(BudgetPeriod.DAILY, noon).elapsed_share(noon) == Decimal("0.5")
