"""Numbers as English speakers say them: cardinals, ordinals, years, decimals, digit by digit. Pure."""

_UNDER_TWENTY =  (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = (
    "zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
)  # fmt: skip
_SCALES = ("", "thousand", "million", "billion", "trillion", "quadrillion")
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
DIGITS_MAX = 3 * len(_SCALES)
"""More digits than this are said one by one."""


def cardinal(digits: str) -> list[str]:
    """`"1204"` -> one thousand two hundred four. A leading zero, or too many digits, is said digit by digit."""
    if len(digits) > DIGITS_MAX or (len(digits) > 1 and digits[0] == "0"):
        return digit_by_digit(digits)
    number = int(digits)
    if number == 0:
        return ["zero"]
    words: list[str] = []
    for power in reversed(range(len(_SCALES))):
        group = number // 1000**power % 1000
        if group:
            words += _under_thousand(group) + ([_SCALES[power]] if power else [])
    return words


def _under_thousand(number: int) -> list[str]:
    hundreds, rest = divmod(number, 100)
    words = [_UNDER_TWENTY[hundreds], "hundred"] if hundreds else []
    if rest >= 20:
        words.append(_TENS[rest // 10])
        rest %= 10
    return words + ([_UNDER_TWENTY[rest]] if rest else [])


def digit_by_digit(digits: str) -> list[str]:
    return [_UNDER_TWENTY[int(digit)] for digit in digits]


def decimal(text: str) -> list[str]:
    """`"3.05"` -> three point zero five; thousands separators must be gone."""
    whole, _, fraction = text.partition(".")
    return cardinal(whole or "0") + (["point", *digit_by_digit(fraction)] if fraction else [])


def ordinal(digits: str) -> list[str]:
    """`"21"` -> twenty first."""
    *before, last = cardinal(digits)
    return [*before, ordinal_word(last)]


def ordinal_word(word: str) -> str:
    if word in _ORDINALS:
        return _ORDINALS[word]
    return word[:-1] + "ieth" if word.endswith("y") else word + "th"


def year(digits: str) -> list[str]:
    """Four digits in pairs: nineteen eighty five, nineteen oh six, nineteen hundred; but 2005 is two thousand five."""
    century, rest = int(digits[:2]), int(digits[2:])
    if century % 10 == 0 and rest < 10:
        return cardinal(digits)
    if rest == 0:
        return [*_under_thousand(century), "hundred"]
    return _under_thousand(century) + (["oh", _UNDER_TWENTY[rest]] if rest < 10 else _under_thousand(rest))


def plural_decade(digits: str) -> list[str]:
    """`"90"` -> nineties, `"1990"` -> nineteen nineties, `"2000"` -> two thousands."""
    *before, last = year(digits) if len(digits) == 4 else cardinal(digits)
    return [*before, last[:-1] + "ies" if last.endswith("y") else last + "s"]
