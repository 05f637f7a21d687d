"""The stretch of time that is judged, and the stretches before it that say what was to be expected."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

_DAY = timedelta(days=1)
BASELINE_SLOTS = 14
BASELINE_MAX = timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Window:
    """`[start, end)`; the baseline is cut into slots of whole days, so that each lies at the window's time of day."""

    start: datetime
    end: datetime
    baseline_start: datetime
    slot: timedelta

    @property
    def length(self) -> timedelta:
        return self.end - self.start


def window_before(as_of: datetime, timeframe: timedelta) -> Window:
    """The window that ends at `as_of`, with up to 14 slots of baseline, at most 120 days."""
    slot = _DAY * ceil(timeframe / _DAY)
    start = as_of - timeframe
    return Window(start, as_of, start - min(slot * BASELINE_SLOTS, BASELINE_MAX), slot)
