"""Arrays as the text PostgreSQL reads: a list of thousands would be dumped item by item in Python."""

from collections.abc import Iterable
from uuid import UUID


def array_text(items: Iterable[str]) -> str:
    """The array of these; they are words and numbers that need no quotes, or NULL."""
    return f"{{{','.join(items)}}}"


def uuid_array(ids: Iterable[UUID]) -> str:
    """The array of these ids."""
    return array_text([each.hex for each in ids])
