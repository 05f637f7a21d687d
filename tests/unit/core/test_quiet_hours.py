"""Quiet hours follow the clock on the wall, through the nights on which it is changed."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chimera.core.errors import ValidationFailed
from chimera.core.quiet_hours import QuietWindow, next_allowed, require_free_time

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = (QuietWindow(time(22), time(7)),)
_TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def test_outside_the_quiet_hours_now_is_allowed_to_the_microsecond() -> None:
    moment = datetime(2026, 2, 6, 12, 0, 1, 5, tzinfo=UTC)
    assert next_allowed(moment, NIGHT, BERLIN) == moment


def test_without_quiet_hours_every_moment_is_allowed() -> None:
    moment = datetime(2026, 2, 6, 23, 30, tzinfo=UTC)
    assert next_allowed(moment, (), BERLIN) == moment


def test_in_the_quiet_hours_their_end_is_the_next_allowed_moment() -> None:
    assert next_allowed(berlin("2026-02-06T23:10:30"), NIGHT, BERLIN) == berlin("2026-02-07T07:00")
    assert next_allowed(berlin("2026-02-07T03:00"), NIGHT, BERLIN) == berlin("2026-02-07T07:00")


def test_a_window_begins_with_its_first_minute_and_ends_before_its_last() -> None:
    assert next_allowed(berlin("2026-02-06T22:00"), NIGHT, BERLIN) == berlin("2026-02-07T07:00")
    assert next_allowed(berlin("2026-02-07T07:00"), NIGHT, BERLIN) == berlin("2026-02-07T07:00")


def test_windows_that_touch_are_passed_together() -> None:
    quiet = (*NIGHT, QuietWindow(time(7), time(9)))
    assert next_allowed(berlin("2026-02-06T23:00"), quiet, BERLIN) == berlin("2026-02-07T09:00")


def test_the_night_on_which_summer_begins_is_an_hour_shorter() -> None:
    asked = berlin("2026-03-28T22:30")
    allowed = next_allowed(asked, NIGHT, BERLIN)
    assert allowed == datetime(2026, 3, 29, 5, 0, tzinfo=UTC)
    assert allowed - asked.astimezone(UTC) == timedelta(hours=7, minutes=30)


def test_quiet_hours_that_end_in_the_skipped_hour_end_with_the_skip() -> None:
    quiet = (QuietWindow(time(22), time(2, 30)),)
    assert next_allowed(berlin("2026-03-28T23:00"), quiet, BERLIN) == berlin("2026-03-29T03:00")


def test_the_night_on_which_winter_begins_is_an_hour_longer() -> None:
    allowed = next_allowed(berlin("2026-10-24T22:30"), NIGHT, BERLIN)
    assert allowed == datetime(2026, 10, 25, 6, 0, tzinfo=UTC)


def test_the_repeated_hour_is_quiet_both_times() -> None:
    quiet = (QuietWindow(time(2), time(2, 30)),)
    first, second = datetime(2026, 10, 25, 0, 10, tzinfo=UTC), datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert next_allowed(first, quiet, BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert next_allowed(second, quiet, BERLIN) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_a_day_whose_only_free_hour_is_skipped_is_quiet_throughout() -> None:
    quiet = (QuietWindow(time(3), time(2)),)
    assert next_allowed(berlin("2026-03-28T03:30"), quiet, BERLIN) == berlin("2026-03-30T02:00")


def test_quiet_hours_without_a_free_minute_are_refused() -> None:
    with pytest.raises(ValidationFailed, match="no minute"):
        require_free_time((QuietWindow(time(0), time(12)), QuietWindow(time(12), time(0))))


@pytest.mark.parametrize("text", ["22-7", "24:00-07:00", "22:00 07:00", "", "22:00-22:00"])
def test_what_names_no_hours_is_refused(text: str) -> None:
    with pytest.raises(ValidationFailed):
        QuietWindow.parse(text)


def test_a_window_is_written_with_a_dash() -> None:
    assert QuietWindow.parse("22:00-07:00") == QuietWindow(time(22), time(7))


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationFailed, match="time zone"):
        next_allowed(datetime(2026, 2, 6, 12, 0), NIGHT, BERLIN)  # noqa: DTZ001


@given(
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    start=_TIMES,
    end=_TIMES,
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
)
def test_what_is_allowed_is_never_quiet_and_never_earlier_than_asked(
    moment: datetime, start: time, end: time, zone: str
) -> None:
    if start == end:
        return
    window = QuietWindow(start, end)
    allowed = next_allowed(moment, (window,), ZoneInfo(zone))
    assert allowed >= moment
    assert not window.holds(allowed.astimezone(ZoneInfo(zone)).time())
