"""An agent's last orders: which of them a request repeats, in the same or in other words, paid or not."""

import re
from array import array
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

ROWS_MAX = 8
WINDOW_MICROS = 3_600_000_000
COPY_MICROS = 600_000_000
ORDER_LETTERS = 28
PAID, WAITING, FAILED = 0, 1, 2
_ORDER, _TAG, _FIELDS = 1, 5, 6
_UNPAID = (0.0, 0.5, 1.0)
_WORDS = re.compile(rb"[a-z]{3,}|[0-9]+|[\x80-\xff]{4,}").findall
_TEXT_CHARACTERS_MAX = 160
_WORD_BITS, _NUMBER_BITS = 38, 25
_WORDS_MASK = (1 << _WORD_BITS) - 1
_ESTIMATE_NEAR, _ESTIMATE_LOW = 0.08, 0.75


class Reading(NamedTuple):
    """What is compared of a text: its words and numbers as a set of bits, and a number for how it begins."""

    bits: int
    order: int


class Repeats(NamedTuple):
    """Paid rows that this one repeats: `copies` in the same words, `near` ones in others. Of one order: how many
    `tries` there were in an hour, and how many of them bought nothing (one that waits for a person counts half)."""

    copies: int
    near: int
    tries: int
    unpaid: float


NO_REPEATS = Repeats(0, 0, 0, 0.0)


@lru_cache(maxsize=512)
def read(text: str) -> Reading:
    """Case, signs, short words and the order of words do not matter; numbers do, and how often they come."""
    bits = 0
    words = _WORDS(text[:_TEXT_CHARACTERS_MAX].lower().encode())
    for word in words:
        if word > b":":
            bits |= 1 << crc32(word) % _WORD_BITS
            continue
        bit = 1 << _WORD_BITS + crc32(word) % _NUMBER_BITS
        if bits & bit:
            bit = 1 << _WORD_BITS + crc32(word + b"again") % _NUMBER_BITS
        bits |= bit
    return Reading(bits, crc32(b"".join(words)[:ORDER_LETTERS]))


class RecentTexts:
    """A ring of rows in one flat array; a row's last cell is its seq and its state."""

    __slots__ = ("_cells", "_next")

    def __init__(self) -> None:
        self._cells = array("q", bytes(8 * ROWS_MAX * _FIELDS))
        self._next = 0

    def take(self, reading: Reading, micros: int, roi: int, at_micros: int, seq: int, state: int) -> None:
        """Remember a request in the place of the oldest."""
        row = array("q", (*reading, micros, roi, at_micros, seq * 4 + state))
        place = self._next
        self._cells[place : place + _FIELDS] = row
        self._next = (place + _FIELDS) % (ROWS_MAX * _FIELDS)

    def answer(self, reading: Reading, state: int) -> bool:
        """Whether a request in these words waited for a person, who now has answered."""
        cells = self._cells
        for place in range(0, len(cells), _FIELDS):
            tag = cells[place + _TAG]
            if tag & 3 == WAITING and (cells[place], cells[place + _ORDER]) == reading:
                cells[place + _TAG] = tag - WAITING + state
                return True
        return False

    def fail(self, seq: int) -> None:
        """The request of this seq bought nothing: asking it again is no copy."""
        cells = self._cells
        for place in range(_TAG, len(cells), _FIELDS):
            if cells[place] >> 2 == seq:
                cells[place] = seq * 4 + FAILED

    def same_order(self, order: int) -> int:
        """Rows that begin alike, however old."""
        return self._cells[_ORDER::_FIELDS].count(order)

    def repeats(self, reading: Reading, micros: int, roi: int, estimate: int, at_micros: int) -> Repeats:
        """What this request repeats. An earlier one at a higher amount is no copy, so that asking for more never
        looks better; nor is one that cost far less than this one's estimate. One in other words must have cost what
        this one is estimated at, and claimed the same."""
        bits, order = reading
        cells = self._cells
        if order not in cells and (not estimate or roi not in cells):
            return NO_REPEATS
        since, copied_since = at_micros - WINDOW_MICROS, at_micros - COPY_MICROS
        micros_max = micros + micros // 20
        copy_low = estimate * _ESTIMATE_LOW
        low, high = estimate * (1 - _ESTIMATE_NEAR), estimate * (1 + _ESTIMATE_NEAR)
        copies = near = tries = 0
        unpaid = 0.0
        values = iter(cells)
        for other, other_order, cost, claim, at, tag in zip(*[values] * _FIELDS, strict=True):
            if at <= since:
                continue
            state = tag & 3
            if other_order == order:
                tries += 1
                unpaid += _UNPAID[state]
            if state == FAILED or cost > micros_max:
                continue
            if other == bits and other_order == order:
                copies += cost >= copy_low if estimate else at > copied_since
            elif claim == roi and low <= cost <= high:
                near += _alike(bits, other)
        return Repeats(copies, near, tries, unpaid)


def _alike(one: int, other: int) -> bool:
    """The numbers do not contradict each other, and half of the words are the same. A text with one word exchanged is
    a template, and names another thing."""
    numbers, other_numbers = one >> _WORD_BITS, other >> _WORD_BITS
    if numbers & ~other_numbers and other_numbers & ~numbers:
        return False
    words, other_words = one & _WORDS_MASK, other & _WORDS_MASK
    if (words & ~other_words).bit_count() == 1 == (other_words & ~words).bit_count():
        return False
    fewer = min(words.bit_count(), other_words.bit_count())
    return fewer > 0 and 2 * (words & other_words).bit_count() >= fewer
