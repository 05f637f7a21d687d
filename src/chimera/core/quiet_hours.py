"""Hours of the day in which nothing goes out, on the wall clock of a time zone. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from chimera.core.errors import ValidationFailed

QUIET_WINDOWS_MAX = 10
_MINUTE = timedelta(minutes=1)
_DAY_MINUTES = 24 * 60
_LOOKED_AHEAD = 3 * _DAY_MINUTES
"""A day whose one free hour is skipped by the summer's clock is quiet throughout: the next one is not."""
_WRITTEN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class QuietWindow:
    """From `start` until before `end`, every day, in whole minutes; it runs over midnight where `end` is the earlier.

    Raises:
        ValidationFailed: both are the same, or one has seconds or a zone.
    """

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.start == self.end:
            raise ValidationFailed(f"quiet hours from {self.start:%H:%M} to the same time: let them differ")
        if any(side.second or side.microsecond or side.tzinfo for side in (self.start, self.end)):
            raise ValidationFailed("quiet hours are whole minutes of the wall clock, such as 22:00-07:00")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The window that `22:00-07:00` names.

        Raises:
            ValidationFailed: it names none.
        """
        found = _WRITTEN.fullmatch(text.strip())
        if found is None:
            raise ValidationFailed(f"{text!r} are no quiet hours: write them like 22:00-07:00", {"quiet": text})
        hour, minute, end_hour, end_minute = map(int, found.groups())
        return cls(time(hour, minute), time(end_hour, end_minute))

    def holds(self, wall: time) -> bool:
        """Whether it is quiet when the clock on the wall shows this."""
        if self.start < self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end


def require_free_time(quiet: Sequence[QuietWindow]) -> None:
    """Return if the windows leave a minute of the day free.

    Raises:
        ValidationFailed: they leave none, or are more than ten.
    """
    if len(quiet) > QUIET_WINDOWS_MAX:
        raise ValidationFailed(f"at most {QUIET_WINDOWS_MAX} quiet windows can be set, these are {len(quiet)}")
    day = (time(minute // 60, minute % 60) for minute in range(_DAY_MINUTES))
    if all(_is_quiet(wall, quiet) for wall in day):
        raise ValidationFailed("the quiet hours leave no minute of the day free: nothing could ever go out")


def next_allowed(moment: datetime, quiet: Sequence[QuietWindow], zone: ZoneInfo) -> datetime:
    """The first moment from `moment` on at which the zone's wall clock is outside every window, in UTC.

    What counts is what the wall shows: an hour that autumn's clock repeats is quiet both times, one that spring's
    skips ends with the skip.

    Raises:
        ValidationFailed: the moment has no zone, or the windows leave no free time.
    """
    if moment.tzinfo is None:
        raise ValidationFailed("a moment needs a time zone, such as 2026-02-06T12:00:00Z")
    require_free_time(quiet)
    looked_at = moment.astimezone(UTC)
    for _ in range(_LOOKED_AHEAD):
        if not _is_quiet(looked_at.astimezone(zone).time(), quiet):
            return looked_at
        looked_at = looked_at.replace(second=0, microsecond=0) + _MINUTE
    raise ValidationFailed(f"no free minute within three days in {zone.key}: shorten the quiet hours")


def _is_quiet(wall: time, quiet: Sequence[QuietWindow]) -> bool:
    return any(window.holds(wall) for window in quiet)
