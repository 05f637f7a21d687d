"""How often, how much in sum and how much at once an agent asks for, now and in its own busy hours.

Now is a count and a sum that fade; what is usual are their peaks in hours gone by. The hour that runs and the one
before it teach nothing yet, nor does what was not approved, so that an attack does not become usual while it lasts.
"""

import math
from array import array
from typing import NamedTuple

_HOUR = 3_600_000_000
_AT, _COUNT, _SUM, _HOUR_OPEN, _HOURS, _NOW, _BEFORE, _USUAL = 0, 1, 2, 3, 4, 5, 8, 11
_CELLS = 14
_KEPT, _RISE_MAX = 0.98, 1.6
"""What is usual follows a busier hour up to this factor at once, and calmer ones slowly."""
KNOWN_HOURS = 3.0
"""So many busy hours that are over make an agent's habits known."""


class PaceNow(NamedTuple):
    """`requests` and `micros` fade with time and are without the request that is weighed; `hours` taught what is usual.

    `taught` tells whether anything was ever approved.
    """

    requests: float
    micros: float
    usual_requests: float
    usual_micros: float
    usual_amount: float
    hours: float
    taught: bool


NO_PACE = PaceNow(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, False)


class Pace:
    """Within minutes. One flat array, since there are many agents."""

    __slots__ = ("_cells",)
    _fade_micros = 150_000_000.0

    def __init__(self) -> None:
        self._cells = array("d", bytes(8 * _CELLS))

    def take(self, at_micros: int, micros: int, approved: bool) -> None:
        """Count one request; only approved ones teach what is usual."""
        cells = self._cells
        passed = at_micros - cells[_AT]
        if passed > 0:
            kept = math.exp(-passed / self._fade_micros)
            cells[_AT] = at_micros
            count = cells[_COUNT] = cells[_COUNT] * kept + 1
            micros_sum = cells[_SUM] = cells[_SUM] * kept + micros
        else:
            count = cells[_COUNT] = cells[_COUNT] + 1
            micros_sum = cells[_SUM] = cells[_SUM] + micros
        hour = at_micros // _HOUR
        if hour > cells[_HOUR_OPEN]:
            self._close(hour)
        if approved:
            cells[_NOW] = max(cells[_NOW], count)
            cells[_NOW + 1] = max(cells[_NOW + 1], micros_sum)
            cells[_NOW + 2] = max(cells[_NOW + 2], micros)

    def at(self, at_micros: int) -> PaceNow:
        """The pace at a moment; a clock that went back reads as the newest moment known."""
        then, count, micros, hour_open, hours, n1, n2, n3, b1, b2, b3, u1, u2, u3 = self._cells
        if at_micros > then:
            kept = math.exp((then - at_micros) / self._fade_micros)
            count *= kept
            micros *= kept
        hour = at_micros // _HOUR
        if hour > hour_open:
            if b1:
                hours, u1, u2, u3 = (
                    hours + 1,
                    _followed(u1, b1, hours),
                    _followed(u2, b2, hours),
                    _followed(u3, b3, hours),
                )
            if n1 and hour > hour_open + 1:
                hours, u1, u2, u3 = (
                    hours + 1,
                    _followed(u1, n1, hours),
                    _followed(u2, n2, hours),
                    _followed(u3, n3, hours),
                )
        return _tuple(PaceNow, (count, micros, u1, u2, u3, hours, bool(hours or n1 or b1)))

    def conclude(self) -> None:
        """Take the hours that run for usual: an agent too busy for its known rows to reach further back."""
        cells = self._cells
        self._teach(_BEFORE)
        self._teach(_NOW)
        cells[_NOW : _NOW + 6] = _NOTHING * 2
        cells[_HOURS] = max(cells[_HOURS], KNOWN_HOURS)

    def _close(self, hour: int) -> None:
        cells = self._cells
        self._teach(_BEFORE)
        if hour > cells[_HOUR_OPEN] + 1:
            self._teach(_NOW)
            cells[_NOW : _NOW + 3] = _NOTHING
        cells[_BEFORE : _BEFORE + 3] = cells[_NOW : _NOW + 3]
        cells[_NOW : _NOW + 3] = _NOTHING
        cells[_HOUR_OPEN] = hour

    def _teach(self, start: int) -> None:
        cells = self._cells
        if not cells[start]:
            return
        hours = cells[_HOURS]
        cells[_HOURS] = hours + 1
        for item in range(3):
            cells[_USUAL + item] = _followed(cells[_USUAL + item], cells[start + item], hours)


class HourPace(Pace):
    """Within an hour."""

    __slots__ = ()
    _fade_micros = 2_400_000_000.0


_NOTHING = array("d", bytes(24))
_tuple = tuple.__new__
"""A named tuple of known length in half the time."""


def _followed(usual: float, seen: float, hours: float) -> float:
    if seen < usual:
        return usual + (1 - _KEPT) * (seen - usual)
    return min(seen, usual * _RISE_MAX) if hours >= KNOWN_HOURS else seen
