"""The port of a place for files by key. A file appears whole or not at all, and the same key again replaces it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from chimera.core.errors import ValidationFailed

KEY_CHARACTERS_MAX = 200


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as it stood when it was asked for; `version` changes when it is replaced."""

    key: str
    size_bytes: int
    version: str


class Shelf(Protocol):
    """Every wait is bounded; failures are EngineUnavailable, a full disk OSError."""

    #: What a url of this place begins with, such as `local://`.
    address: str
    #: Whether files may stand here that were never sealed.
    plain_allowed: bool

    def write(self, key: str, parts: Iterable[bytes]) -> None:
        """Keep what `parts` gives; if it raises, nothing is kept."""
        ...

    def stat(self, key: str) -> Stored:
        """Raises:
        NotFound: there is none.
        """
        ...

    def read(self, stored: Stored, offset: int, length: int) -> bytes:
        """The bytes of the range, all of which must be there.

        Raises:
            Conflict: the file was replaced since; NotFound: it is gone.
        """
        ...

    def keys(self) -> Iterator[str]:
        """All keys under `assets/`."""
        ...


def checked_key(key: str) -> str:
    """The key, if it is a plain relative path.

    Raises:
        ValidationFailed: it is not.
    """
    parts = PurePosixPath(key).parts
    plain = key != "" and key.isascii() and key.isprintable() and "\\" not in key and "/".join(parts) == key
    if not plain or len(key) > KEY_CHARACTERS_MAX or any(part.startswith((".", "/")) for part in parts):
        raise ValidationFailed(f"{key!r} is not a media key", {"key": key})
    return key
