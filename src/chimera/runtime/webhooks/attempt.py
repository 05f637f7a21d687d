"""What becomes of a delivery after an attempt: a pure rule."""

from dataclasses import dataclass
from datetime import datetime, timedelta

ATTEMPTS_MAX = 8
REST_FIRST = timedelta(seconds=5)
REST_FACTOR = 5
REST_MAX = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`rests_until` is for the whole webhook: a receiver that fails is told nothing else meanwhile either."""

    state: str
    next_at: datetime
    failures_in_a_row: int
    rests_until: datetime | None


def outcome(status: int | None, attempts: int, failures_in_a_row: int, now: datetime) -> Outcome:
    """Delivered by any 2xx; otherwise tried again after 5 s, 25 s, 2 min, 10 min, 52 min, 4 h, 6 h, and then dead."""
    if status is not None and 200 <= status < 300:
        return Outcome("delivered", now, 0, None)
    rest = min(REST_FIRST * REST_FACTOR ** min(failures_in_a_row, ATTEMPTS_MAX), REST_MAX)
    state = "dead" if attempts >= ATTEMPTS_MAX else "pending"
    return Outcome(state, now + rest, failures_in_a_row + 1, now + rest)
