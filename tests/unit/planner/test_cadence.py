"""Slots come in time on the wall's clock, through the nights on which it is changed, and never in quiet hours."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera.agents.planner.cadence import due_slots, next_slots, replay_as_of, slots_between
from factories_channels import make_objective

BERLIN = ZoneInfo("Europe/Berlin")
_ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland"])
_MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is added
_CADENCES = st.one_of(
    st.builds(lambda n: {"per_day": n}, st.integers(1, 48)),
    st.builds(lambda n: {"every": n}, st.sampled_from(["10m", "45m", "1h", "7h", "1d", "3d"])),
    st.builds(
        lambda hours: {"publish_at": [f"{hour:02}:30" for hour in hours]},
        st.sets(st.integers(8, 20), min_size=1, max_size=6),
    ),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_time_of_day_stays_what_the_wall_shows_when_summer_begins() -> None:
    objective = make_objective(publish_at=["08:00"], time_zone="Europe/Berlin")
    slots = slots_between(objective, utc("2026-03-28"), utc("2026-03-30"))
    assert [slot.at for slot in slots] == [utc("2026-03-28T07:00"), utc("2026-03-29T06:00")]


def test_a_time_that_summer_skips_is_due_an_hour_later() -> None:
    objective = make_objective(publish_at=["02:30"], time_zone="Europe/Berlin")
    (slot,) = slots_between(objective, utc("2026-03-28T23:00"), utc("2026-03-29T22:00"))
    assert slot.at.astimezone(BERLIN).strftime("%H:%M") == "03:30"


def test_a_time_that_winter_repeats_is_due_once() -> None:
    objective = make_objective(publish_at=["02:30"], time_zone="Europe/Berlin")
    (slot,) = slots_between(objective, utc("2026-10-24T22:00"), utc("2026-10-25T23:00"))
    assert slot.at == utc("2026-10-25T00:30")


def test_pieces_a_day_are_spread_over_the_hours_that_are_not_quiet() -> None:
    objective = make_objective(per_day=3, quiet_hours=["22:00-07:00"])
    slots = slots_between(objective, utc("2026-02-06"), utc("2026-02-07"))
    assert [f"{slot.at:%H:%M}" for slot in slots] == ["07:00", "12:00", "17:00"]


def test_an_interval_leaves_out_quiet_hours_and_other_days() -> None:
    objective = make_objective(every="6h", quiet_hours=["00:00-05:00"], days=["fri"])
    slots = slots_between(objective, utc("2026-02-05"), utc("2026-02-08"))
    assert [slot.at for slot in slots] == [utc(f"2026-02-06T{hour:02}:00") for hour in (6, 12, 18)]


def test_a_slot_lasts_until_the_next_one_and_a_day_at_most() -> None:
    objective = make_objective(publish_at=["08:00", "20:00"], days=["mon"])
    morning, evening = slots_between(objective, utc("2026-02-09"), utc("2026-02-10"))
    assert (morning.ends, evening.ends) == (utc("2026-02-09T20:00"), utc("2026-02-10T20:00"))


def test_work_begins_before_the_slot_and_what_is_over_is_not_made_up_for() -> None:
    objective = make_objective(every="1h", prepare="10m")
    assert [slot.at.hour for slot in due_slots(objective, utc("2026-02-06T12:30"))] == [12]
    assert [slot.at.hour for slot in due_slots(objective, utc("2026-02-06T12:50"))] == [12, 13]


def test_a_replay_walks_on_a_step_for_each_slot_since_the_first() -> None:
    objective = make_objective(every="1h", replay={"start": "2013-04-08T12:00:00Z", "step": "12h"})
    first = utc("2026-02-06T12:20")
    slots = due_slots(objective, first) + next_slots(objective, first, 2)
    assert [replay_as_of(objective, first, slot) for slot in slots] == [
        utc("2013-04-08T12:00"), utc("2013-04-09T00:00"), utc("2013-04-09T12:00"),
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(_CADENCES, _ZONES, _MOMENTS, st.booleans())
def test_slots_never_lie_in_quiet_hours_and_never_overlap(
    cadence: dict[str, object], zone: str, since: datetime, quiet: bool
) -> None:
    objective = make_objective(**cadence, time_zone=zone, quiet_hours=["22:00-07:30"] if quiet else [])
    slots = slots_between(objective, since, since + timedelta(days=4))
    for slot in slots:
        assert not any(window.holds(slot.at.astimezone(objective.zone).time()) for window in objective.quiet)
        assert slot.at < slot.ends <= slot.at + timedelta(days=1)
    for one, following in pairwise(slots):
        assert one.ends <= following.at
        assert one.number < following.number


def test_a_time_that_spring_skips_is_counted_where_it_comes() -> None:
    objective = make_objective(publish_at=["02:52", "03:50"], time_zone="Europe/Berlin")
    slots = slots_between(objective, utc("2026-03-29T00:00"), utc("2026-03-29T12:00"))
    assert [slot.at for slot in slots] == [utc("2026-03-29T01:50"), utc("2026-03-29T01:52")]
    assert slots[0].number + 1 == slots[1].number


@settings(max_examples=60, deadline=None)
@given(_CADENCES, _ZONES, _MOMENTS, st.integers(0, 5760))
def test_a_slot_is_the_same_from_wherever_one_looks(
    cadence: dict[str, object], zone: str, since: datetime, minutes: int
) -> None:
    objective = make_objective(**cadence, time_zone=zone)
    until, later = since + timedelta(days=5), since + timedelta(minutes=minutes)
    assert [slot for slot in slots_between(objective, since, until) if slot.at >= later] == slots_between(
        objective, later, until
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 48), _ZONES, _MOMENTS)
def test_a_day_on_the_wall_never_has_more_slots_than_pieces(per_day: int, zone: str, since: datetime) -> None:
    objective = make_objective(per_day=per_day, time_zone=zone)
    days = [slot.at.astimezone(objective.zone).date() for slot in slots_between(objective, since, since + timedelta(4))]
    assert all(days.count(day) <= per_day for day in set(days))


@pytest.mark.parametrize("now", [utc("2026-02-06T12:00"), utc("2026-02-06T11:50")])
def test_a_slot_is_due_from_its_preparation_on(now: datetime) -> None:
    assert utc("2026-02-06T12:00") in [slot.at for slot in due_slots(make_objective(every="1h"), now)]
