"""Time as an argument: the real clock, and one that tests set."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """UTC wall time, and a monotonic second count for durations."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class FixedClock:
    """A clock that stands still until `advance` is called."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._elapsed_seconds = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._elapsed_seconds

    def advance(self, step: timedelta) -> None:
        self._now += step
        self._elapsed_seconds += step.total_seconds()


def elapsed_ms(clock: Clock, started_at: float) -> int:
    """Whole milliseconds since `started_at`, an earlier `clock.monotonic()`."""
    return round((clock.monotonic() - started_at) * 1000)
