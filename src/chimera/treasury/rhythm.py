"""How many requests and how much money an agent asks for in a minute, ten minutes and an hour, now and usually.

Each window is two buckets: the current one, and a share of the one before. What is usual is learnt only from closed
buckets and only from approved requests, so that an attack neither teaches at once nor while it is refused.
"""

from array import array
from typing import NamedTuple

WIDTHS_MICROS = (60_000_000, 600_000_000, 3_600_000_000)
_INDEX, _COUNT, _SUM, _BEFORE_COUNT, _BEFORE_SUM, _TAUGHT_COUNT, _TAUGHT_SUM = range(7)
_USUAL_COUNT, _USUAL_SUM, _CLOSED, _FIELDS = 7, 8, 9, 10
_OFFSETS = tuple((number * _FIELDS, width) for number, width in enumerate(WIDTHS_MICROS))
_RISE, _FALL = 0.3, 0.05
"""What is usual follows a busier bucket quickly and a calmer one slowly: it stays near the agent's own high days."""


class Pace(NamedTuple):
    """One window: requests and micro-dollars in it now, the same in a usual busy one, and how many of them closed."""

    requests: float
    micros: float
    usual_requests: float
    usual_micros: float
    closed: float


class Rhythm:
    """The three windows of an agent in one flat array, since there are many agents."""

    __slots__ = ("_cells",)

    def __init__(self) -> None:
        self._cells = array("d", bytes(8 * _FIELDS * len(WIDTHS_MICROS)))

    def take(self, at_micros: int, micros: int, approved: bool) -> None:
        """Count one request."""
        cells = self._cells
        for offset, width in _OFFSETS:
            index = at_micros // width
            if index > cells[offset]:
                self._close(offset, index)
            cells[offset + _COUNT] += 1
            cells[offset + _SUM] += micros
            if approved:
                cells[offset + _TAUGHT_COUNT] += 1
                cells[offset + _TAUGHT_SUM] += micros

    def pace(self, number: int, at_micros: int) -> Pace:
        """The window's state at a moment; a clock that went back reads as the newest moment known."""
        offset, width = _OFFSETS[number]
        opened, count, micros, before_count, before_micros, _, _, usual_count, usual_micros, closed = self._cells[
            offset : offset + _FIELDS
        ]
        steps = at_micros // width - opened
        if steps >= 2:
            return Pace(0.0, 0.0, usual_count, usual_micros, closed)
        rest = 1 - (at_micros % width) / width if steps >= 0 else 1.0
        if steps >= 1:
            return Pace(count * rest, micros * rest, usual_count, usual_micros, closed)
        return Pace(count + before_count * rest, micros + before_micros * rest, usual_count, usual_micros, closed)

    def _close(self, offset: int, index: int) -> None:
        cells = self._cells
        if taught := cells[offset + _TAUGHT_COUNT]:
            first = not cells[offset + _CLOSED]
            cells[offset + _USUAL_COUNT] = _followed(cells[offset + _USUAL_COUNT], taught, first)
            cells[offset + _USUAL_SUM] = _followed(cells[offset + _USUAL_SUM], cells[offset + _TAUGHT_SUM], first)
            cells[offset + _CLOSED] += 1
            cells[offset + _TAUGHT_COUNT] = cells[offset + _TAUGHT_SUM] = 0
        next_to = index == cells[offset] + 1
        cells[offset + _BEFORE_COUNT] = cells[offset + _COUNT] if next_to else 0
        cells[offset + _BEFORE_SUM] = cells[offset + _SUM] if next_to else 0
        cells[offset + _COUNT] = cells[offset + _SUM] = 0
        cells[offset + _INDEX] = index


def _followed(usual: float, seen: float, first: bool) -> float:
    if first:
        return seen
    return usual + (_RISE if seen > usual else _FALL) * (seen - usual)
