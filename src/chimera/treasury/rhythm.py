"""How many requests and how much money an agent asks for in a minute, ten minutes and an hour, now and usually.

Each window is two buckets: the current one, and a share of the one before. What is usual is learnt only from closed
buckets and only from approved requests, so that an attack neither teaches at once nor while it is refused.
"""

from array import array
from typing import NamedTuple

_MINUTE, _TEN_MINUTES, _HOUR = WIDTHS_MICROS = (60_000_000, 600_000_000, 3_600_000_000)
_INDEX, _COUNT, _SUM, _BEFORE_COUNT, _BEFORE_SUM, _REFUSED_COUNT, _REFUSED_SUM = range(7)
_USUAL_COUNT, _USUAL_SUM, _CLOSED, _FIELDS = 7, 8, 9, 10
_OFFSETS = tuple((number * _FIELDS, width) for number, width in enumerate(WIDTHS_MICROS))
_RISE, _FALL = 0.3, 0.05
"""What is usual follows a busier bucket quickly and a calmer one slowly: it stays near the agent's own high days."""


class Paces(NamedTuple):
    """Each window now, the same in a usual busy one, and how many were closed; money in micro-dollars."""

    minute: float
    minute_micros: float
    minute_usual: float
    minutes_closed: float
    ten_minutes: float
    ten_minutes_micros: float
    ten_minutes_usual: float
    ten_minutes_usual_micros: float
    ten_minutes_closed: float
    hour: float
    hour_micros: float
    hour_usual: float
    hours_closed: float


NO_PACES = Paces(*[0.0] * 13)


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
            if not approved:
                cells[offset + _REFUSED_COUNT] += 1
                cells[offset + _REFUSED_SUM] += micros

    def paces(self, at_micros: int) -> Paces:
        """The windows at a moment; a clock that went back reads as the newest moment known."""
        # fmt: off
        (
            m_open, m, m_sum, m_old, m_old_sum, _, _, m_usual, _, m_closed,
            t_open, t, t_sum, t_old, t_old_sum, _, _, t_usual, t_usual_sum, t_closed,
            h_open, h, h_sum, h_old, h_old_sum, _, _, h_usual, _, h_closed,
        ) = self._cells
        # fmt: on
        minute, ten_minutes, hour = at_micros // _MINUTE, at_micros // _TEN_MINUTES, at_micros // _HOUR
        if minute == m_open and ten_minutes == t_open and hour == h_open:
            m_new = t_new = h_new = 1.0
            m_rest = 1 - (at_micros - minute * _MINUTE) / _MINUTE
            t_rest = 1 - (at_micros - ten_minutes * _TEN_MINUTES) / _TEN_MINUTES
            h_rest = 1 - (at_micros - hour * _HOUR) / _HOUR
        else:
            m_new, m_rest = _shares(at_micros, _MINUTE, m_open)
            t_new, t_rest = _shares(at_micros, _TEN_MINUTES, t_open)
            h_new, h_rest = _shares(at_micros, _HOUR, h_open)
        return Paces(
            m * m_new + m_old * m_rest,
            m_sum * m_new + m_old_sum * m_rest,
            m_usual,
            m_closed,
            t * t_new + t_old * t_rest,
            t_sum * t_new + t_old_sum * t_rest,
            t_usual,
            t_usual_sum,
            t_closed,
            h * h_new + h_old * h_rest,
            h_sum * h_new + h_old_sum * h_rest,
            h_usual,
            h_closed,
        )

    def _close(self, offset: int, index: int) -> None:
        cells = self._cells
        if taught := cells[offset + _COUNT] - cells[offset + _REFUSED_COUNT]:
            taught_sum = cells[offset + _SUM] - cells[offset + _REFUSED_SUM]
            first = not cells[offset + _CLOSED]
            cells[offset + _USUAL_COUNT] = _followed(cells[offset + _USUAL_COUNT], taught, first)
            cells[offset + _USUAL_SUM] = _followed(cells[offset + _USUAL_SUM], taught_sum, first)
            cells[offset + _CLOSED] += 1
        cells[offset + _REFUSED_COUNT] = cells[offset + _REFUSED_SUM] = 0
        next_to = index == cells[offset] + 1
        cells[offset + _BEFORE_COUNT] = cells[offset + _COUNT] if next_to else 0
        cells[offset + _BEFORE_SUM] = cells[offset + _SUM] if next_to else 0
        cells[offset + _COUNT] = cells[offset + _SUM] = 0
        cells[offset + _INDEX] = index


def _shares(at_micros: int, width: int, opened: float) -> tuple[float, float]:
    """How much of the newest bucket, and of the one before it, lies in the window that ends now."""
    index, into = divmod(at_micros, width)
    if index <= opened:
        return 1.0, (1 - into / width if index == opened else 1.0)
    return (1 - into / width if index == opened + 1 else 0.0), 0.0


def _followed(usual: float, seen: float, first: bool) -> float:
    if first:
        return seen
    return usual + (_RISE if seen > usual else _FALL) * (seen - usual)
