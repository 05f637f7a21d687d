"""When pieces of an objective are due: its slots, each with its moment, its end and its number. Pure.

A slot lasts until the next one, a day at most: while it lasts its piece is made and goes out as soon as it is ready,
but not before the slot's moment. A slot that is over is not made up for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from chimera.contracts.objective import WEEKDAYS, Objective, parse_interval

SLOT_MAX = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """`at` is the earliest publication, `ends` the moment from which the next one counts; both in UTC. `number` grows
    from slot to slot, leaving out those that fall on other days or into quiet hours."""

    at: datetime
    ends: datetime
    number: int

    def begins(self, prepare: timedelta) -> datetime:
        """When work on it begins: never earlier than a slot's length before it."""
        return self.at - min(prepare, self.ends - self.at)


def slots_between(objective: Objective, since: datetime, until: datetime) -> list[Slot]:
    """The slots with `since <= at < until`, in order."""
    found: list[Slot] = []
    upcoming = _moments(objective, since, until + SLOT_MAX)
    this = next(upcoming, None)
    while this is not None and this[0] < until:
        following = next(upcoming, None)
        longest = this[0] + SLOT_MAX
        found.append(Slot(this[0], min(longest, following[0]) if following else longest, this[1]))
        this = following
    return found


def due_slots(objective: Objective, now: datetime) -> list[Slot]:
    """The slots to work on now: the current one, and what is to be prepared ahead; at most a few."""
    prepare = parse_interval(objective.prepare)
    near = slots_between(objective, now - SLOT_MAX, now + prepare + timedelta(microseconds=1))
    return [slot for slot in near if slot.begins(prepare) <= now < slot.ends]


def next_slots(objective: Objective, now: datetime, count: int) -> list[Slot]:
    """The next `count` slots after now; those more than eight days ahead are left out."""
    return slots_between(objective, now, now + timedelta(days=8))[:count] if count else []


def slots_passed(objective: Objective, first: datetime, slot: Slot) -> int:
    """How many numbers `slot` lies behind the slot in which `first` falls; 0 for that one and for earlier ones."""
    before = slots_between(objective, first - SLOT_MAX, first + timedelta(microseconds=1))
    if not before:
        before = slots_between(objective, first, first + timedelta(days=8))
    return max(0, slot.number - before[-1].number) if before else 0


def replay_as_of(objective: Objective, first: datetime, slot: Slot) -> datetime | None:
    """The moment of the recording that a slot looks from; None where nothing is replayed."""
    if objective.replay is None:
        return None
    return objective.replay.start + slots_passed(objective, first, slot) * parse_interval(objective.replay.step)


def _moments(objective: Objective, since: datetime, until: datetime) -> Iterator[tuple[datetime, int]]:
    every = _by_interval if objective.every is not None else _by_wall_clock
    for at, number in every(objective, since.astimezone(UTC), until):
        wall = at.astimezone(objective.zone)
        if WEEKDAYS[wall.weekday()] in objective.days and not any(
            window.holds(wall.time()) for window in objective.quiet
        ):
            yield at, number


def _by_interval(objective: Objective, since: datetime, until: datetime) -> Iterator[tuple[datetime, int]]:
    """Whole multiples of the interval since 1970, so that every process finds the same ones."""
    length = parse_interval(objective.every or "")
    number = -((_EPOCH - since) // length)
    while (at := _EPOCH + number * length) < until:
        yield at, number
        number += 1


def _by_wall_clock(objective: Objective, since: datetime, until: datetime) -> Iterator[tuple[datetime, int]]:
    """A time that spring's clock skips is due as much later; one that autumn's repeats is due the first time."""
    times = wall_times(objective)
    day, seen = since.astimezone(objective.zone).date() - timedelta(days=1), since - timedelta(microseconds=1)
    while day <= until.astimezone(objective.zone).date():
        for at, number in _of_day(objective, day, times):
            if seen < at < until:
                yield at, number
                seen = at
        day += timedelta(days=1)


def _of_day(objective: Objective, day: date, times: tuple[time, ...]) -> Iterator[tuple[datetime, int]]:
    """In the order in which they come: a skipped time may come behind the one that follows it on the clock."""
    moments = sorted(datetime.combine(day, wall, objective.zone).astimezone(UTC) for wall in times)
    return ((at, day.toordinal() * len(moments) + place) for place, at in enumerate(moments))


def wall_times(objective: Objective) -> tuple[time, ...]:
    """The day's times: those written down, or `per_day` of them spread evenly over the hours that are not quiet."""
    if objective.publish_at:
        return tuple(time.fromisoformat(text) for text in objective.publish_at)
    day = (time(minute // 60, minute % 60) for minute in range(_DAY_MINUTES))
    free = [wall for wall in day if not any(window.holds(wall) for window in objective.quiet)]
    count = min(objective.per_day or 0, len(free))
    return tuple(free[place * len(free) // count] for place in range(count))
