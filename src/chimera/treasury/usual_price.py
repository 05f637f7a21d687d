"""What an agent usually pays for one request type: the median, spread and maximum of the logs of its last amounts."""

import math
from array import array

ROWS_MAX = 24
_MAD_TO_SIGMA = 1.4826
_STALE_MAX = 12
"""Half of the rows: the median may be that old."""


class UsualPrice:
    """The last approved amounts of one agent and type; the statistics are computed again every few amounts."""

    __slots__ = ("_logs", "_stale", "count", "highest", "median", "spread")

    def __init__(self) -> None:
        self._logs = array("f")
        self._stale = 0
        self.count = 0
        self.median = self.spread = self.highest = 0.0

    def take(self, micros: int) -> bool:
        """Count an approved amount; whether the median was computed again."""
        amount = math.log(micros)
        if len(self._logs) < ROWS_MAX:
            self._logs.append(amount)
        else:
            self._logs[self.count % ROWS_MAX] = amount
        self.count += 1
        self._stale += 1
        self.highest = max(self.highest, amount)
        if self._stale < _STALE_MAX and self.count > ROWS_MAX // 2:
            return False
        self._compute()
        return True

    def _compute(self) -> None:
        self._stale = 0
        logs = sorted(self._logs)
        middle = len(logs) // 2
        self.median, self.highest = logs[middle], logs[-1]
        self.spread = sorted([abs(log - self.median) for log in logs])[middle] * _MAD_TO_SIGMA
