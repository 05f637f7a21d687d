"""Pages by keyset: a page asks for what lies behind the last row of the one before, never for an offset."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Protocol, TypeVar
from uuid import UUID

from pydantic import Field

from chimera.contracts.contract import Contract
from chimera.core.errors import ValidationFailed

PAGE_ROWS_MAX = 200
PageSize = Annotated[int, Field(ge=1, le=PAGE_ROWS_MAX)]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PageRequest(Contract):
    """`cursor` is the `next_cursor` of the page before, unchanged; none asks for the first page."""

    limit: PageSize = 50
    cursor: Annotated[str, Field(min_length=1, max_length=100)] | None = None


def cursor_of(moment: datetime, row_id: UUID) -> str:
    """Where a page ends that is ordered by a moment and an id, both descending."""
    microseconds = (moment - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(microseconds.to_bytes(8, "big", signed=True) + row_id.bytes).decode().rstrip("=")


def read_cursor(cursor: str | None) -> tuple[datetime, UUID] | None:
    """The row behind which the page begins; None for the first page.

    Raises:
        ValidationFailed: no cursor of ours.
    """
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        microseconds, row_id = int.from_bytes(raw[:8], "big", signed=True), UUID(bytes=raw[8:])
        return _EPOCH + timedelta(microseconds=microseconds), row_id
    except (ValueError, binascii.Error, OverflowError) as error:
        raise ValidationFailed("cursor is none of ours: take it from next_cursor, or leave it out") from error


class Row(Protocol):
    """A row of a list ordered by when it was made."""

    @property
    def id(self) -> UUID: ...

    @property
    def created_at(self) -> datetime: ...


AnyRow = TypeVar("AnyRow", bound=Row)


def paged(rows: Sequence[AnyRow], limit: int) -> tuple[Sequence[AnyRow], str | None]:
    """The page, and the cursor behind it where one row more was found than the page holds."""
    page = rows[:limit]
    return page, cursor_of(page[-1].created_at, page[-1].id) if len(rows) > limit else None
