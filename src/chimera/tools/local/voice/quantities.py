"""Written tokens that hold figures, and how they are said: money, percent, units, times, dates, ranges, versions. Pure.

Each rule is a pattern for a whole token and a function from its match to spoken words; the first rule that fits wins.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from chimera.tools.local.voice.numbers import (
    cardinal,
    decimal,
    digit_by_digit,
    ordinal,
    ordinal_word,
    plural_decade,
    year,
)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The bare lower-case words before and after a token; empty at the ends."""

    before: str = ""
    after: str = ""


Rule = Callable[[re.Match[str], Neighbours], list[str]]

_TOKEN_CHARACTERS_MAX = 48
"""A longer token is no quantity; its pieces are said one by one."""

SCALE_WORDS = frozenset({
    "hundred", "thousand", "million", "billion", "trillion",
})  # fmt: skip
CURRENCIES = {
    "$": ("dollar", "cent"),
    "€": ("euro", "cent"),
    "£": ("pound", "pence"),
    "¥": ("yen", "sen"),
    "₿": ("bitcoin", "cent"),
}
_SCALES = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million", "mm": "million",
    "b": "billion", "B": "billion", "bn": "billion", "Bn": "billion", "t": "trillion", "T": "trillion",
    "tn": "trillion",
}  # fmt: skip
_UNITS = {
    "h": "hour", "hr": "hour", "hrs": "hour", "d": "day", "w": "week", "wk": "week", "min": "minute",
    "mins": "minute", "m": "minute", "s": "second", "sec": "second", "secs": "second", "ms": "millisecond",
    "yr": "year", "yrs": "year", "km": "kilometer", "cm": "centimeter", "mm": "millimeter", "mi": "mile",
    "ft": "foot", "in": "inch", "kg": "kilogram", "g": "gram", "mg": "milligram", "lb": "pound", "lbs": "pound",
    "oz": "ounce", "l": "liter", "ml": "milliliter", "GB": "gigabyte", "MB": "megabyte", "KB": "kilobyte",
    "kB": "kilobyte", "TB": "terabyte", "W": "watt", "kW": "kilowatt", "kWh": "kilowatt hour", "V": "volt",
    "Hz": "hertz", "kHz": "kilohertz", "MHz": "megahertz", "GHz": "gigahertz", "Mbps": "megabits per second",
    "Gbps": "gigabits per second", "mph": "miles per hour", "fps": "frames per second", "km/h": "kilometers per hour",
    "kph": "kilometers per hour", "px": "pixel", "x": "times", "X": "times", "°C": "degrees celsius",
    "°F": "degrees fahrenheit", "°": "degree", "C": "C", "F": "F", "p": "p", "min/mile": "minutes per mile",
    "bps": "bits per second", "dB": "decibel", "¢": "cent",
}  # fmt: skip
_UNCOUNTED = frozenset({"times", "hertz", "kilohertz", "megahertz", "gigahertz", "C", "F", "p", "yen", "pence"})
_PLURALS = {"foot": "feet", "inch": "inches"}
_FRACTIONS = {"2": ("half", "halves"), "4": ("quarter", "quarters")}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_BEFORE_YEAR = frozenset({
    "in", "since", "by", "from", "until", "till", "of", "before", "after", "during", "circa", "early", "mid", "late",
    "around", "year", "spring", "summer", "autumn", "fall", "winter",
}) | {name.lower() for month in _MONTHS for name in (month, month[:3])}  # fmt: skip

_N = r"(?P<n>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
_SIGN = r"(?P<sign>[-+~≈±<>]?)"
_SIGNS = {"-": ["minus"], "+": ["plus"], "~": ["about"], "≈": ["about"], "±": ["plus", "or", "minus"],
          "<": ["under"], ">": ["over"], "": []}  # fmt: skip


def _number(text: str) -> list[str]:
    return decimal(text.replace(",", ""))


def _plural(noun: str, words: list[str]) -> str:
    if words == ["one"] or noun in _UNCOUNTED or " per " in noun or noun.startswith("degrees"):
        return noun
    return _PLURALS.get(noun, noun + "s")


def _money(match: re.Match[str], near: Neighbours) -> list[str]:
    signs, (unit, cent) = _SIGNS[match["sign"]], CURRENCIES[match["currency"]]
    more = ["plus"] if match["more"] else []
    if match["scale"]:
        return [*signs, *_number(match["n"]), _SCALES[match["scale"]], *more, _plural(unit, [])]
    if near.after in SCALE_WORDS:
        return signs + _number(match["n"]) + more
    whole, _, cents = match["n"].replace(",", "").partition(".")
    if len(cents) != 2:
        words = _number(match["n"])
        return [*signs, *words, *more, _plural(unit, words)]
    words, parts = cardinal(whole or "0"), cardinal(str(int(cents)))
    tail = [] if int(cents) == 0 else ["and", *parts, _plural(cent, parts)]
    return [*signs, *words, _plural(unit, words), *tail, *more]


def _scaled(match: re.Match[str], near: Neighbours) -> list[str]:
    scale = match["scale"]
    if scale in {"m", "mm", "t"} and not (near.after.endswith("s") or near.after in {"people", "dollars"}):
        return _measured(match["sign"], match["n"], "m" if scale == "m" else scale)
    return [*_SIGNS[match["sign"]], *_number(match["n"]), _SCALES[scale], *(["plus"] if match["more"] else [])]


def _measured(sign: str, number: str, unit: str) -> list[str]:
    words = _number(number)
    if unit == "p" and len(number) in {3, 4} and number.isdigit():
        words = grouped(number)
    noun = _UNITS.get(unit) or _UNITS.get(unit.lower()) or unit
    return [*_SIGNS[sign], *words, *_plural(noun, words).split()]


def _with_unit(match: re.Match[str], _near: Neighbours) -> list[str]:
    return _measured(match["sign"], match["n"], match["unit"]) + (["plus"] if match["more"] else [])


def _decade(match: re.Match[str], near: Neighbours) -> list[str]:
    if len(match["y"]) == 2 and not match["quote"] and near.before not in {"the", "early", "late", "mid"}:
        return [*cardinal(match["y"]), "seconds"]
    return plural_decade(match["y"])


def _percent(match: re.Match[str], _near: Neighbours) -> list[str]:
    return [*_SIGNS[match["sign"]], *_number(match["n"]), "percent", *(["plus"] if match["more"] else [])]


def _clock(match: re.Match[str], _near: Neighbours) -> list[str]:
    hour, minute, half = match["h"], int(match["m"] or 0), match["half"]
    words = cardinal(str(int(hour)))
    if minute:
        words += ["oh", *cardinal(str(minute))] if minute < 10 else cardinal(str(minute))
    elif not half:
        words += ["hundred"] if int(hour) > 12 else ["o'clock"]
    if half:
        words += [half[0].upper(), "M"]
    return words + (["U", "T", "C"] if match["zulu"] else [])


def _long_clock(match: re.Match[str], _near: Neighbours) -> list[str]:
    return [word for part in match[0].split(":") for word in cardinal(str(int(part)))]


def _iso_date(match: re.Match[str], _near: Neighbours) -> list[str]:
    return [_MONTHS[int(match["m"]) - 1], *ordinal(str(int(match["d"]))), *year(match["y"])]


def _fraction(match: re.Match[str], _near: Neighbours) -> list[str]:
    whole = [*cardinal(match["whole"]), "and"] if match["whole"] else []
    top, bottom = match["top"], match["bottom"]
    *before, last = cardinal(bottom)
    one, many = _FRACTIONS.get(bottom, (ordinal_word(last), ordinal_word(last) + "s"))
    return [*whole, *cardinal(top), *before, one if top == "1" else many]


def _range(match: re.Match[str], near: Neighbours) -> list[str]:
    left, right, unit = match["left"], match["right"], match["unit"] or ""
    unit_words = [] if not unit else ["percent"] if unit == "%" else [_plural(_UNITS[unit], [])]
    if unit or not (_is_year(left, near) and len(right) in {2, 4}):
        return [*_number(left), "to", *_number(right), *unit_words]
    return [*year(left), "to", *(year(right) if len(right) == 4 else cardinal(right))]


def _is_year(text: str, near: Neighbours) -> bool:
    if not re.fullmatch(r"1[1-9]\d\d|20\d\d", text):
        return False
    if near.before in _BEFORE_YEAR or re.fullmatch(r"\d{1,2}(st|nd|rd|th)?", near.before):
        return True
    return not near.after.endswith("s") or near.after in {"was", "is", "has"}


def _plain(match: re.Match[str], near: Neighbours) -> list[str]:
    number, more = match["n"], ["plus"] if match["more"] else []
    if not match["sign"] and number.isdigit() and len(number) == 4 and _is_year(number, near):
        return year(number)
    return [*_SIGNS[match["sign"]], *_number(number), *more]


def _version(match: re.Match[str], near: Neighbours) -> list[str]:
    said = [cardinal(part) for part in match["v"].split(".")]
    words = said[0] + [word for part in said[1:] for word in ["point", *part]]
    return (["version", *words] if match["letter"] else words) if near.before != "version" else words


def _hash(match: re.Match[str], _near: Neighbours) -> list[str]:
    return ["number", *cardinal(match["n"])]


def _beside(match: re.Match[str], _near: Neighbours) -> list[str]:
    return [word for part in match[0].split("/") for word in cardinal(part)]


def _ordinal(match: re.Match[str], _near: Neighbours) -> list[str]:
    return ordinal(match["n"].replace(",", ""))


def grouped(digits: str) -> list[str]:
    """Figures of a name such as MH370 or 1080p: three as one and two, four as two and two, more one by one."""
    if len(digits) <= 2:
        return cardinal(digits)
    if len(digits) > 4 or digits[0] == "0":
        return digit_by_digit(digits)
    head, tail = digits[:-2], digits[-2:]
    if tail == "00":
        return cardinal(digits) if len(digits) == 3 or head.endswith("0") else [*cardinal(head), "hundred"]
    return cardinal(head) + (["oh", *cardinal(tail[1])] if tail[0] == "0" else cardinal(tail))


_UNIT_PATTERN = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_MORE = r"(?P<more>\+?)"
_ZULU = r"(?P<zulu>Z|UTC)?"
_CURRENCY = "[" + "".join(CURRENCIES) + "]"

RULES: tuple[tuple[re.Pattern[str], Rule], ...] = tuple(
    (re.compile(pattern, re.ASCII), rule)
    for pattern, rule in (
        (rf"{_SIGN}(?P<currency>{_CURRENCY}){_N}(?P<scale>k|K|mn|mm|m|M|bn|Bn|b|B|tn|t|T)?{_MORE}", _money),
        (rf"{_SIGN}{_N}%{_MORE}", _percent),
        (r"(?P<y>\d{4})-(?P<m>0[1-9]|1[0-2])-(?P<d>0[1-9]|[12]\d|3[01])", _iso_date),
        (r"(?P<n>\d{1,3}(?:,\d{3})*|\d{1,18})(?:st|nd|rd|th)", _ordinal),
        (r"(?P<quote>'?)(?P<y>[1-9]0|[12]\d\d0)s", _decade),
        (rf"(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d) ?(?P<half>[AaPp]\.?[Mm]\.?)?{_ZULU}", _clock),
        (rf"(?P<h>0?[1-9]|1[0-2])(?P<m>) ?(?P<half>[AaPp]\.?[Mm]\.?){_ZULU}", _clock),
        (r"\d{1,2}:\d{2}:\d{2}", _long_clock),
        (rf"{_SIGN}{_N}(?P<scale>k|K|mn|mm|m|M|bn|Bn|b|B|tn|T){_MORE}", _scaled),
        (rf"{_SIGN}{_N}(?P<unit>{_UNIT_PATTERN}){_MORE}", _with_unit),
        (r"(?:(?P<whole>\d{1,3})[- ])?(?P<top>1|3)/(?P<bottom>4)", _fraction),
        (r"(?:(?P<whole>\d{1,3})[- ])?(?P<top>1|2)/(?P<bottom>3)", _fraction),
        (r"(?:(?P<whole>\d{1,3})[- ])?(?P<top>1)/(?P<bottom>[2568]|10)", _fraction),
        (r"\d{1,4}(?:/\d{1,4}){1,2}", _beside),
        (r"(?P<left>\d[\d,]*(?:\.\d+)?)-(?P<right>\d[\d,]*(?:\.\d+)?)(?P<unit>%|h|d|km|kg|min|m|s)?", _range),
        (r"(?P<letter>v)(?P<v>\d{1,9}(?:\.\d{1,9}){0,5})", _version),
        (r"(?P<letter>)(?P<v>\d{1,9}(?:\.\d{1,9}){2,5})", _version),
        (r"#(?P<n>\d{1,18})", _hash),
        (rf"{_SIGN}{_N}{_MORE}", _plain),
    )
)


def say_quantity(token: str, near: Neighbours) -> list[str] | None:
    """The spoken words of a token that one of the rules knows, otherwise None."""
    if len(token) > _TOKEN_CHARACTERS_MAX:
        return None
    for pattern, rule in RULES:
        if match := pattern.fullmatch(token):
            return rule(match, near)
    return None


def currency_after(token: str) -> str | None:
    """The currency's plural that is said only after the next word, as in "$4 million"; None for any other token."""
    match = RULES[0][0].fullmatch(token)
    if match is None or match["scale"]:
        return None
    return _plural(CURRENCIES[match["currency"]][0], [])
