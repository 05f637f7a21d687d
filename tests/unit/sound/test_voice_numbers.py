"""Numbers in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chimera.tools.local.voice.numbers import cardinal, digit_by_digit, ordinal, year

_VALUES = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
} | {
    word: 10 * tens
    for tens, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2)
}
_POWERS = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "quadrillion": 10**15}


def _value(words: list[str]) -> int:
    total = group = 0
    for word in words:
        if word == "hundred":
            group *= 100
        elif word in _POWERS:
            total, group = total + group * _POWERS[word], 0
        else:
            group += _VALUES[word]
    return total + group


@given(st.integers(min_value=0, max_value=10**18 - 1))
def test_a_cardinals_words_add_up_to_its_value(number: int) -> None:
    assert _value(cardinal(str(number))) == number


def test_more_digits_than_have_a_name_are_said_one_by_one() -> None:
    assert cardinal("1" * 19) == ["one"] * 19


@pytest.mark.parametrize(
    ("digits", "words"), [("1985", "nineteen eighty five"), ("2000", "two thousand"), ("2010", "twenty ten")]
)
def test_years_are_said_in_pairs(digits: str, words: str) -> None:
    assert " ".join(year(digits)) == words


@pytest.mark.parametrize(("digits", "words"), [("3", "third"), ("20", "twentieth"), ("101", "one hundred first")])
def test_only_the_last_word_of_an_ordinal_changes(digits: str, words: str) -> None:
    assert " ".join(ordinal(digits)) == words


def test_digits_keep_their_leading_zeros() -> None:
    assert digit_by_digit("007") == ["zero", "zero", "seven"]
