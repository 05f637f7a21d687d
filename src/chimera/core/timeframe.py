"""Lengths of time as people and section 3 write them: `24h`, `7d`, `PT24H`, `P7D`."""

import re
from datetime import timedelta

from chimera.core.errors import ValidationFailed
from chimera.core.limits import TIMEFRAME_MAX, TIMEFRAME_MIN

_SHORT = re.compile(r"(?P<count>\d{1,5})(?P<unit>[mhdw])")
_ISO = re.compile(
    r"P(?:(?P<weeks>\d{1,3})W|(?:(?P<days>\d{1,3})D)?(?:T(?:(?P<hours>\d{1,4})H)?(?:(?P<minutes>\d{1,5})M)?)?)"
)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_timeframe(text: str) -> timedelta:
    """The length of time that `text` names.

    Raises:
        ValidationFailed: not a timeframe, or outside 15 minutes to 30 days.
    """
    length = _parse(text.strip())
    if length is None:
        raise ValidationFailed(f"{text!r} is not a timeframe: write 24h, 7d, PT24H or P7D", {"timeframe": text})
    if not TIMEFRAME_MIN <= length <= TIMEFRAME_MAX:
        raise ValidationFailed(f"a timeframe is 15 minutes to 30 days long, {text!r} is not", {"timeframe": text})
    return length


def _parse(text: str) -> timedelta | None:
    if short := _SHORT.fullmatch(text):
        return timedelta(**{_UNITS[short["unit"]]: int(short["count"])})
    if (iso := _ISO.fullmatch(text)) and any(iso.groupdict().values()):
        return timedelta(**{unit: int(count) for unit, count in iso.groupdict().items() if count})
    return None
