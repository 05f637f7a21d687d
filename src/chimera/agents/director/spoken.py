"""How names, numbers and times are said: words a voice can read, without symbols or addresses."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

NAME_WORDS_MAX = 6
NAME_CHARACTERS_MAX = 60

_ADDRESS = re.compile(r"(?:https?://|www\.)\S*", re.IGNORECASE)
_PREFIX = re.compile(r"^[\s/]*(?:[ru]/|[#@$]+)", re.IGNORECASE)
_SENTENCE_START = re.compile(r"(^|[.?!]\"? )([^\W\d_]+)")
_SAID = {"&": " and ", "+": " plus ", "%": " percent ", "=": " equals "}
_UNSPOKEN = re.compile(r"[^\w\s'’-]|_")
_PARTS_OF_DAY = ((12, "in the morning"), (18, "in the afternoon"), (22, "in the evening"), (24, "at night"))
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def spoken_name(name: str) -> str:
    """`name` as a voice can say it: at most six words and 60 characters, empty where nothing of it can be said."""
    text = _PREFIX.sub("", _ADDRESS.sub(" ", name))
    for symbol, said in _SAID.items():
        text = text.replace(symbol, said)
    words: list[str] = []
    for word in _UNSPOKEN.sub(" ", text).split():
        clean = word.strip("'’-")
        if clean and len(words) < NAME_WORDS_MAX and len(" ".join([*words, clean])) <= NAME_CHARACTERS_MAX:
            words.append(clean)
    return " ".join(words)


def sentence_case(text: str) -> str:
    """`text` with a capital where a sentence begins, unless its first word has a spelling of its own ("iPhone")."""
    return _SENTENCE_START.sub(
        lambda start: start[1] + (start[2].capitalize() if start[2].islower() else start[2]), text
    )


def quoted(names: Sequence[str]) -> str:
    """`"live"`, `"live" and "lucky"`, `"daft punk," "live," and "lucky"`: a list as American English writes it."""
    if len(names) < 3:
        return " and ".join(f'"{name}"' for name in names)
    return "".join(f'"{name}," ' for name in names[:-1]) + f'and "{names[-1]}"'


def rounded(value: Decimal) -> int:
    """The nearest whole number, halves up."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def grouped(count: int) -> str:
    """A whole number with commas, so that 1,234 is not read as a year."""
    return f"{count:,}"


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """`1 post`, `17 posts`, `1 community`, `23 communities`."""
    return f"{grouped(count)} {noun if count == 1 else plural or noun + 's'}"


def clock_time(moment: datetime) -> str:
    """The hour that has begun: `midnight`, `noon`, or `2 in the afternoon`."""
    if moment.hour in {0, 12}:
        return "noon" if moment.hour else "midnight"
    part = next(said for end, said in _PARTS_OF_DAY if moment.hour < end)
    return f"{moment.hour % 12} {part}"


def day(moment: datetime) -> str:
    """`April 8`."""
    return f"{MONTHS[moment.month - 1]} {moment.day}"


def date(moment: datetime) -> str:
    """`April 8, 2013`."""
    return f"{day(moment)}, {moment.year}"


def length(seconds: int) -> str:
    """`24 hours`, `7 days`, `90 minutes`: the largest unit that divides it, days from two on."""
    if seconds % 86_400 == 0 and seconds >= 2 * 86_400:
        return counted(seconds // 86_400, "day")
    if seconds % 3_600 == 0:
        return counted(seconds // 3_600, "hour")
    return counted(max(1, seconds // 60), "minute")
