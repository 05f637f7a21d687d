"""How long work tells where it is: one event type, one callback type."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """`step` is a step of the flow; `fraction` runs from 0 to 1 within it; `message` is for people."""

    step: str
    fraction: float
    message: str


Progress = Callable[[ProgressEvent], None]


def silent(event: ProgressEvent) -> None:
    """A listener for callers that show nothing."""
