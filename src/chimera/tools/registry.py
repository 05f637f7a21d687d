"""Names of tools as requests use them, and what really runs under each. Pure.

Checked 2026-11-22 against the vendors' model lists.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from chimera.core.errors import ValidationFailed

Medium = Literal["image", "video", "audio"]


@dataclass(frozen=True, slots=True)
class ToolAlias:
    """One known name. `note` says why something else runs."""

    name: str
    media: frozenset[Medium]
    runs: str
    as_of: date
    note: str


_CHECKED = date(2026, 11, 22)

ALIASES: tuple[ToolAlias, ...] = (
    ToolAlias("local", frozenset({"image", "video", "audio"}), "local", _CHECKED, "made by the tools of this machine"),
    ToolAlias(
        "dall-e-3",
        frozenset({"image"}),
        "local",
        _CHECKED,
        "dall-e-3 was removed by its vendor on 2026-05-12; the local tool draws instead",
    ),
    ToolAlias(
        "runway-gen2",
        frozenset({"video"}),
        "local",
        _CHECKED,
        "Runway Gen-2 is no longer offered; the local tool animates and encodes instead",
    ),
    ToolAlias(
        "elevenlabs",
        frozenset({"audio"}),
        "local",
        _CHECKED,
        "no ElevenLabs client is set up; the local voice speaks instead",
    ),
)
_BY_NAME = {alias.name: alias for alias in ALIASES}


def resolve(name: str, medium: Medium) -> ToolAlias:
    """What runs when `name` is asked for `medium`.

    Raises:
        ValidationFailed: an unknown name, or a tool that does not make this medium.
    """
    alias = _BY_NAME.get(name)
    if alias is None or medium not in alias.media:
        known = [alias.name for alias in ALIASES if medium in alias.media]
        raise ValidationFailed(
            f"{name!r} is no tool for {medium}: use one of {', '.join(known)}", {"tool": name, "known": list(known)}
        )
    return alias
