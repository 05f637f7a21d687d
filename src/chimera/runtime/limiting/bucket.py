"""A token bucket: holds up to `burst` tokens and fills by `per_second`; time is handed in."""

import math
from dataclasses import dataclass
from typing import Self

from chimera.core.errors import RateLimited
from chimera.runtime.operations.operation import Rate


@dataclass(slots=True)
class Bucket:
    rate: Rate
    tokens: float
    at: float

    @classmethod
    def full(cls, rate: Rate, now: float) -> Self:
        return cls(rate, float(rate.burst), now)

    def take(self, wanted: int, now: float) -> int:
        """As many of the wanted tokens as there are."""
        self.tokens = self._filled(now)
        self.at = max(self.at, now)
        given = min(wanted, math.floor(self.tokens))
        self.tokens -= given
        return given

    def seconds_until_one(self, now: float) -> float:
        return max(0.0, (1 - self._filled(now)) / self.rate.per_second)

    def is_full(self, now: float) -> bool:
        return self._filled(now) >= self.rate.burst

    def _filled(self, now: float) -> float:
        return min(float(self.rate.burst), self.tokens + max(0.0, now - self.at) * self.rate.per_second)


@dataclass(frozen=True, slots=True)
class Quota:
    """How a caller stands: `remaining` requests at once, and after how long the next one where there is none."""

    rate: Rate
    remaining: int
    seconds_until_one: float = 0.0

    @property
    def window_seconds(self) -> int:
        """In how long an empty bucket is full again."""
        return max(1, math.ceil(self.rate.burst / self.rate.per_second))

    @property
    def retry_after_seconds(self) -> int:
        return max(1, math.ceil(self.seconds_until_one))


class OverRate(RateLimited):
    """The caller's bucket is empty; nothing was done."""

    def __init__(self, what: str, quota: Quota) -> None:
        seconds = quota.retry_after_seconds
        super().__init__(
            f"{what} more often than {quota.rate.per_second:g} times a second: wait {seconds} s and send it again",
            {"retry_after_seconds": seconds, "per_second": quota.rate.per_second, "burst": quota.rate.burst},
        )
        self.quota = quota
