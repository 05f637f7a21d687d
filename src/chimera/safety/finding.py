"""What a check found, before the policy says what follows from it."""

from dataclasses import dataclass

_SHOWN = 2
_EXCERPT_CHARACTERS_MAX = 80


@dataclass(frozen=True, slots=True)
class Found:
    """`kind` is a category of the policy's section `check`; `excerpt` may be shown to anyone."""

    check: str
    kind: str
    excerpt: str
    explanation: str


def masked(text: str) -> str:
    """`text` with all but its ends hidden, as excerpts of personal or offensive matter are shown."""
    if len(text) <= 2 * _SHOWN + 1:
        return text[:1] + "*" * (len(text) - 1)
    return text[:_SHOWN] + "*" * min(len(text) - 2 * _SHOWN, _EXCERPT_CHARACTERS_MAX) + text[-_SHOWN:]
