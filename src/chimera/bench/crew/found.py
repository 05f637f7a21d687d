"""What one round of one section gives."""

from importlib.util import find_spec
from typing import NamedTuple


class Found(NamedTuple):
    """One figure. `how` tells a reader what was done, and with which set-up."""

    name: str
    unit: str
    value: float
    how: str


class Skipped(NamedTuple):
    """A figure that can't be had here."""

    name: str
    reason: str


Line = Found | Skipped


def missing(name: str, *packages: str) -> Skipped | None:
    """The line that says why `name` can't be had, if one of the packages is not installed."""
    for package in packages:
        if find_spec(package) is None:
            return Skipped(name, f"{package} is not installed (it comes with requirements/test.txt)")
    return None
