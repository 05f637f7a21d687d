"""What a piece is doing now, as any process may read it from Redis (`progress:{content_id}`)."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from chimera.contracts.contract import Contract, Moment


class PieceProgress(Contract):
    """The last event of a piece; `fraction` runs from 0 to 1 within the step."""

    content_id: UUID
    step: str
    fraction: Annotated[float, Field(ge=0, le=1)]
    message: str
    at: Moment


class PieceWatch(Contract):
    """A line of `chimera content watch --json`: where a piece stands by its row, and what it is doing, if known."""

    content_id: UUID
    stage: str
    title: str
    at_rest: bool
    progress: PieceProgress | None
