"""Moments and the time left until them, as people read them."""

from datetime import datetime, timedelta

_MINUTE = timedelta(minutes=1)


def minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def time_left(until: datetime, now: datetime) -> str:
    """`3d 4h left`, `23h 10m left`, `5m left`, `under 1m left`, or that it is over."""
    left = until - now
    if left <= timedelta(0):
        return "time is over"
    if left < _MINUTE:
        return "under 1m left"
    hours, minutes = divmod(left // _MINUTE, 60)
    days, hours_of_day = divmod(hours, 24)
    if days:
        return f"{days}d {hours_of_day}h left"
    return f"{hours}h {minutes}m left" if hours else f"{minutes}m left"
