"""Text made safe for the screen: hostile strings lose their control and invisible characters, and have a length cap."""

import re
import unicodedata
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

LABEL_CHARACTERS_MAX = 160
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = {"\u200c", "\u200d"}
_COMBINING_MAX = 3
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SPACES = re.compile(r"\s+")


def on_screen(text: str, characters_max: int = LABEL_CHARACTERS_MAX) -> str:
    """`text` as it may stand in a picture: one line, no controls or direction overrides, capped with an ellipsis."""
    raw = unicodedata.normalize("NFC", text[: characters_max * 4])
    kept: list[str] = []
    marks = 0
    for character in _SPACES.sub(" ", raw):
        category = unicodedata.category(character)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks <= _COMBINING_MAX and (category not in _HIDDEN or character in _JOINERS):
            kept.append(character)
    clean = "".join(kept).strip()
    return clean if len(clean) <= characters_max else clean[: characters_max - 1].rstrip() + "…"


def whole(value: float) -> str:
    """A count with thousands separated, rounded to an integer while it counts up."""
    return f"{round(value):,}"


def one_decimal(value: Decimal | float) -> str:
    """A number to one decimal, without a trailing `.0`: 4.6, 12, 1,204.5."""
    rounded = Decimal(value).quantize(Decimal("0.1"), rounding=ROUND_HALF_EVEN)
    return f"{rounded:,}".removesuffix(".0")


def moment(at: datetime) -> str:
    """`8 Apr, 14:00` in UTC."""
    return f"{at.day} {_MONTHS[at.month - 1]}, {at:%H:%M}"


def length_of_time(seconds: int) -> str:
    """`24 hours`, `7 days`, `90 minutes`."""
    for unit, size, least in (("day", 86_400, 2), ("hour", 3_600, 1), ("minute", 60, 1)):
        if seconds % size == 0 and seconds // size >= least:
            count = seconds // size
            return f"{count:,} {unit}" + ("" if count == 1 else "s")
    return f"{seconds:,} seconds"


def posts(count: int) -> str:
    """`1 post`, `312 posts`."""
    return f"{count:,} post" + ("" if count == 1 else "s")
