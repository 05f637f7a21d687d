"""Numbers written as words: "twenty-five", "two hundred and six", "a dozen", "twice", "half"."""

from decimal import Decimal

_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_CARDINALS = {word: value for value, word in enumerate(_SMALL)} | {
    word: value for value, word in zip(range(20, 100, 10), _TENS, strict=True)
}
_FIXED = {
    "dozen": 12, "dozens": 12, "twice": 2, "thrice": 3, "double": 2, "doubled": 2, "doubling": 2, "triple": 3,
    "tripled": 3, "quadruple": 4, "quadrupled": 4, "pair": 2, "couple": 2, "tenfold": 10, "hundreds": 100,
    "thousands": 1000, "millions": 1_000_000, "billions": 1_000_000_000, "single": 1,
}  # fmt: skip
FACTOR_WORDS = frozenset(
    {"twice", "thrice", "double", "doubled", "doubling", "triple", "tripled", "quadruple", "quadrupled", "tenfold"}
)
"""Number words that state a multiple and need no unit."""
_FRACTIONS = frozenset({"half", "halves", "quarter", "quarters", "third", "thirds", "fourth", "fifth", "tenth"})

NUMBER_WORDS = frozenset({*_CARDINALS, *_SCALES, *_FIXED, *_FRACTIONS})
"""Every word that states a number; "first" is an order, not a count, and is left out."""


def read_number_words(tokens: list[str], start: int) -> tuple[int, Decimal | None]:
    """The number that the words from `start` on spell, and the position after it.

    None where it is a fraction or no plain number: such words are never allowed to stand.
    """
    total, current, end = 0, 0, start
    while end < len(tokens):
        words = tokens[end].casefold().split("-")
        if end > start and words == ["and"] and end + 1 < len(tokens) and _spells(tokens[end + 1]):
            end += 1
            continue
        if not _spells(tokens[end]):
            break
        for word in words:
            if word in {"thousand", "million", "billion"}:
                total, current = total + max(current, 1) * _SCALES[word], 0
            elif word == "hundred":
                current = max(current, 1) * 100
            else:
                current += _CARDINALS[word]
        end += 1
    if end > start:
        return end, Decimal(total + current)
    fixed = _FIXED.get(tokens[start].casefold())
    return start + 1, None if fixed is None else Decimal(fixed)


def _spells(token: str) -> bool:
    return all(word in _CARDINALS or word in _SCALES for word in token.casefold().split("-"))
