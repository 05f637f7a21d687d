"""An agent's last requests by what they say: exact copies, and near-equal ones (the same first letters)."""

from array import array
from functools import lru_cache
from typing import NamedTuple

ROWS_MAX = 12
WINDOW_MICROS = 600_000_000
SHAPE_LETTERS = 14
_MICROS, _AT, _SEQ, _FIELDS = 0, 1, 2, 3
_NOT_LETTERS = {code: None for code in range(128) if not chr(code).isalpha()}
_TEXT_CHARACTERS_MAX = 80


class Copies(NamedTuple):
    """Requests of the last ten minutes that say the same: `equal` at one amount, `exact` at any, `similar` nearly."""

    equal: int
    exact: int
    similar: int


NO_COPIES = Copies(0, 0, 0)


@lru_cache(maxsize=256)
def shape_of(text: str) -> int:
    """A number that near-equal texts share: their first letters, without case, digits and signs."""
    return hash(text[:_TEXT_CHARACTERS_MAX].translate(_NOT_LETTERS)[:SHAPE_LETTERS].lower())


class RecentTexts:
    """A ring of rows in flat arrays: their two hashes, and amount, time and seq."""

    __slots__ = ("_cells", "_exacts", "_next", "_shapes")

    def __init__(self) -> None:
        self._exacts, self._shapes, self._cells = array("q"), array("q"), array("q")
        self._next = 0

    def take(self, exact: int, shape: int, micros: int, at_micros: int, seq: int) -> None:
        """Remember a request in the place of the oldest; `exact` 0 for one that may well be asked again."""
        if len(self._exacts) < ROWS_MAX:
            self._exacts.append(exact)
            self._shapes.append(shape)
            self._cells.extend((micros, at_micros, seq))
            return
        place = self._next
        self._exacts[place], self._shapes[place] = exact, shape
        cell = place * _FIELDS
        self._cells[cell], self._cells[cell + _AT], self._cells[cell + _SEQ] = micros, at_micros, seq
        self._next = (place + 1) % ROWS_MAX

    def excuse(self, seq: int) -> None:
        """The request of this seq bought nothing: asking it again is no copy."""
        for place in range(len(self._exacts)):
            if self._cells[place * _FIELDS + _SEQ] == seq:
                self._exacts[place] = 0

    def copies(self, exact: int, shape: int, micros: int, at_micros: int) -> Copies:
        """What was asked in the last ten minutes in the same words; copies are those that cost no more than this one.

        One at a higher amount is none, so that asking for more never looks better.
        """
        shapes, cells, since = self._shapes, self._cells, at_micros - WINDOW_MICROS
        if shape not in shapes:
            return NO_COPIES
        if cells[self._next * _FIELDS + _AT] > since:
            similar = shapes.count(shape)
        else:
            ats = cells[_AT::_FIELDS]
            similar = sum(found == shape and at > since for found, at in zip(shapes, ats, strict=True))
        if exact not in self._exacts:
            return Copies(0, 0, similar)
        return Copies(*self._exact(exact, micros + micros // 20, since), similar)

    def _exact(self, exact: int, micros_max: int, since: int) -> tuple[int, int]:
        costs = [
            cost
            for found, cost, at in zip(self._exacts, self._cells[::_FIELDS], self._cells[_AT::_FIELDS], strict=True)
            if found == exact and at > since and cost <= micros_max
        ]
        if len(costs) < 2:
            return len(costs), len(costs)
        return max(map(costs.count, set(costs))), len(costs)
