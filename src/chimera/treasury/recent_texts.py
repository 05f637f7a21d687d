"""An agent's last requests by what they say: exact copies, and near-equal ones (the same first letters)."""

from array import array
from typing import NamedTuple

ROWS_MAX = 12
WINDOW_MICROS = 600_000_000
SHAPE_LETTERS = 20
_EXACT, _SHAPE, _MICROS, _AT, _SEQ, _FIELDS = 0, 1, 2, 3, 4, 5
_NOT_LETTERS = {code: None for code in range(128) if not chr(code).isalpha()}
_TEXT_CHARACTERS_MAX = 80


class Copies(NamedTuple):
    """Requests of the last ten minutes that say the same: `equal` at one amount, `exact` at any, `similar` nearly."""

    equal: int
    exact: int
    similar: int


NO_COPIES = Copies(0, 0, 0)


def shape_of(text: str) -> int:
    """A number that near-equal texts share: their first letters, without case, digits and signs."""
    return hash(text[:_TEXT_CHARACTERS_MAX].translate(_NOT_LETTERS)[:SHAPE_LETTERS].lower())


class RecentTexts:
    """A ring of rows in one flat array; a row is its two hashes, its amount, its time and its seq."""

    __slots__ = ("_cells", "_next")

    def __init__(self) -> None:
        self._cells = array("q")
        self._next = 0

    def take(self, exact: int, shape: int, micros: int, at_micros: int, seq: int) -> None:
        """Remember a request in the place of the oldest; `exact` 0 for one that may well be asked again."""
        row = array("q", (exact, shape, micros, at_micros, seq))
        if len(self._cells) < ROWS_MAX * _FIELDS:
            self._cells.extend(row)
            return
        self._cells[self._next : self._next + _FIELDS] = row
        self._next = (self._next + _FIELDS) % (ROWS_MAX * _FIELDS)

    def excuse(self, seq: int) -> None:
        """The request of this seq bought nothing: asking it again is no copy."""
        for place in range(0, len(self._cells), _FIELDS):
            if self._cells[place + _SEQ] == seq:
                self._cells[place + _EXACT] = 0

    def copies(self, exact: int, shape: int, micros: int, at_micros: int) -> Copies:
        """What was asked in the last ten minutes in the same words; copies are those that cost no more than this one.

        One at a higher amount is none, so that asking for more never looks better.
        """
        cells = self._cells
        if shape not in cells:
            return NO_COPIES
        similar = same = 0
        groups: dict[int, int] = {}
        since, most = at_micros - WINDOW_MICROS, micros + micros // 20
        for place in range(0, len(cells), _FIELDS):
            if cells[place + _SHAPE] != shape or cells[place + _AT] <= since:
                continue
            similar += 1
            if cells[place + _EXACT] == exact and (cost := cells[place + _MICROS]) <= most:
                same += 1
                groups[cost] = groups.get(cost, 0) + 1
        return Copies(max(groups.values(), default=0), same, similar)
