"""A text that is never shown: logs, messages, JSON and pickles get a mask; only `reveal` answers what it is."""

import hmac
from collections.abc import Callable
from typing import Never

MASK = "***"


class Secret:
    """Holds one text; kept in a closure, so that no walk over attributes meets it."""

    __slots__ = ("_reveal",)
    _reveal: Callable[[], str]

    def __init__(self, text: str) -> None:
        object.__setattr__(self, "_reveal", lambda: text)

    def reveal(self) -> str:
        """The text itself, for the one who connects or signs with it."""
        return self._reveal()

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, specification: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.reveal().encode(), other.reveal().encode())

    __hash__ = None  # type: ignore[assignment]  # a hash of it would tell something about it

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError("a secret does not change")

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self

    def __reduce__(self) -> Never:
        raise TypeError("a secret is not pickled: it would lie open in what is written")


def revealed(secret: Secret | None) -> str | None:
    """The text, where there is one."""
    return None if secret is None else secret.reveal()
