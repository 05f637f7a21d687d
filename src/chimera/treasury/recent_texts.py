"""An agent's last orders: which of them a request repeats, in the same or in other words, paid or not."""

import re
from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

ROWS_MAX = 12
MICROS_MIN = 50_000
"""Requests of less than five cents are not remembered here: what they repeat is left to the budget."""
WINDOW_MICROS = 3_600_000_000
COPY_MICROS = 600_000_000
ORDER_LETTERS = 28
PAID, WAITING, FAILED = 0, 1, 2
_WORDS = re.compile(rb"[a-z]{3,}|[0-9]+|[\x80-\xff]{4,}").findall
_TEXT_CHARACTERS_MAX = 160
_NUMBERS = 0xFFFF << 48
_WORD_BITS, _NUMBER_BITS = 48, 15
_ESTIMATE_NEAR = 0.08


class Reading(NamedTuple):
    """What is compared of a text: its words and numbers as a set of bits, and a number for how it begins."""

    bits: int
    order: int


class Repeats(NamedTuple):
    """`copies` of what was bought in ten minutes, `near` ones in other words in an hour; `tries` of one order in an
    hour, and how many of them bought nothing, as far as is known."""

    copies: int
    near: int
    tries: int
    unpaid: float


NO_REPEATS = Repeats(0, 0, 0, 0.0)


@lru_cache(maxsize=512)
def read(text: str) -> Reading:
    """Case, signs, short words and the order of words do not matter; numbers do."""
    plain = text[:_TEXT_CHARACTERS_MAX].lower().encode()
    bits = 0
    for word in _WORDS(plain):
        if word < b":":
            bits |= 1 << (_WORD_BITS + crc32(word) % _NUMBER_BITS)
        else:
            bits |= 1 << (crc32(word) % _WORD_BITS)
    return Reading(bits, crc32(b"".join(_WORDS(plain))[:ORDER_LETTERS]))


class RecentTexts:
    """A ring of rows in flat arrays."""

    __slots__ = ("_ats", "_bits", "_micros", "_next", "_orders", "_rois", "_seqs", "_states")

    def __init__(self) -> None:
        self._bits, self._micros, self._ats, self._seqs = array("q"), array("q"), array("q"), array("q")
        self._orders, self._rois, self._states = array("L"), array("q"), array("b")
        self._next = 0

    def take(self, reading: Reading, micros: int, roi: int, at_micros: int, seq: int, state: int) -> None:
        """Remember a request in the place of the oldest."""
        fields = self._fields()
        values = (reading.bits, reading.order, micros, roi, at_micros, seq, state)
        if len(self._bits) < ROWS_MAX:
            for field, value in zip(fields, values, strict=True):
                field.append(value)
            return
        for field, value in zip(fields, values, strict=True):
            field[self._next] = value
        self._next = (self._next + 1) % ROWS_MAX

    def answer(self, reading: Reading, state: int) -> bool:
        """Whether a request in these words waited for a person, who now has answered."""
        for place, bits in enumerate(self._bits):
            if bits == reading.bits and self._states[place] == WAITING and self._orders[place] == reading.order:
                self._states[place] = state
                return True
        return False

    def fail(self, seq: int) -> None:
        """The request of this seq bought nothing: asking it again is no copy."""
        if seq in self._seqs:
            self._states[self._seqs.index(seq)] = FAILED

    def same_order(self, order: int) -> int:
        """Rows that begin alike, however old."""
        return self._orders.count(order)

    def repeats(self, reading: Reading, micros: int, roi: int, estimate: int, at_micros: int) -> Repeats:
        """What this request repeats. An earlier one at a higher amount is no copy, so that asking for more never
        looks better; one in other words must have cost what this one is estimated at."""
        bits, order = reading
        since, copied_since = at_micros - WINDOW_MICROS, at_micros - COPY_MICROS
        micros_max = micros + micros // 20
        low, high = estimate * (1 - _ESTIMATE_NEAR), estimate * (1 + _ESTIMATE_NEAR)
        copies = near = tries = 0
        unpaid = 0.0
        for other, other_order, cost, claim, at, _, state in zip(*self._fields(), strict=True):
            if at <= since:
                continue
            if other_order == order:
                tries += 1
                unpaid += (0.0, 0.5, 1.0)[state]
            if state == FAILED or cost > micros_max:
                continue
            if other == bits and other_order == order and (at > copied_since or low <= cost <= high):
                copies += 1
            elif claim == roi and low <= cost <= high and _alike(bits, other):
                near += 1
        return Repeats(copies, near, tries, unpaid)

    def _fields(self) -> Sequence["array[int]"]:
        return self._bits, self._orders, self._micros, self._rois, self._ats, self._seqs, self._states


def _alike(one: int, other: int) -> bool:
    """The numbers do not contradict each other, and half of the words are the same."""
    numbers, other_numbers = one & _NUMBERS, other & _NUMBERS
    if numbers & ~other_numbers and other_numbers & ~numbers:
        return False
    words, other_words = one & ~_NUMBERS, other & ~_NUMBERS
    fewer = min(words.bit_count(), other_words.bit_count())
    return fewer > 0 and 2 * (words & other_words).bit_count() >= fewer
