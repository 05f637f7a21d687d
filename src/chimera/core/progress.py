"""How long work tells where it is: one event type, one callback type."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """`step` is a step of the flow; `fraction` runs from 0 to 1 within it; `message` is for people.

    `content_id` is the piece it is about, where it is about one.
    """

    step: str
    fraction: float
    message: str
    content_id: UUID | None = None


Progress = Callable[[ProgressEvent], None]


def silent(event: ProgressEvent) -> None:
    """A listener for callers that show nothing."""


def about(content_id: UUID, listener: Progress) -> Progress:
    """A listener whose events are about this piece."""
    return lambda event: listener(replace(event, content_id=content_id))


def both(first: Progress, second: Progress) -> Progress:
    """A listener that tells two others."""

    def listener(event: ProgressEvent) -> None:
        first(event)
        second(event)

    return listener
