"""Which transaction a person means: the whole id, or any part of it that fits one only."""

import re
from collections.abc import Collection
from uuid import UUID

from chimera.core.errors import Conflict, NotFound, ValidationFailed

DIGITS_MIN = 6
_SHOWN_MAX = 5


def whole_id(text: str) -> UUID | None:
    """The id, if the text is a whole one."""
    digits = text.strip().replace("-", "")
    return UUID(hex=digits) if re.fullmatch(r"[0-9a-fA-F]{32}", digits) else None


def transaction(text: str, candidates: Collection[UUID], *, among: str) -> UUID:
    """The id that is meant; ids made within one hour begin alike, so any part counts, not only the beginning.

    Raises:
        ValidationFailed: fewer than six hexadecimal digits.
        NotFound, Conflict: it fits none, or several, of those `among` which it is looked for.
    """
    if (exact := whole_id(text)) is not None:
        return exact
    digits = text.strip().lower().replace("-", "")
    if not re.fullmatch(rf"[0-9a-f]{{{DIGITS_MIN},31}}", digits):
        raise ValidationFailed(
            f"{text[:40]!r} is no transaction: give its id, or {DIGITS_MIN} or more hexadecimal digits of it",
            {"tx": text[:40]},
        )
    found = sorted(str(candidate) for candidate in candidates if digits in candidate.hex)
    if not found:
        raise NotFound(f"no transaction among {among} has {digits} in its id", {"tx": digits})
    if len(found) > 1:
        raise Conflict(
            f"{digits} fits {len(found)} of {among}: give more of the id",
            {"tx": digits, "fits": list(found[:_SHOWN_MAX])},
        )
    return UUID(found[0])
