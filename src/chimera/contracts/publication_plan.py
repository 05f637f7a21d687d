"""When a piece goes out (`chimera content schedule|publish-now|unschedule`)."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chimera.contracts.contract import Contract, Moment


class PublicationPlan(Contract):
    """`planned` for a time, `cancelled` (kept back until planned again), or `released`: it goes out or is out."""

    content_id: UUID
    publish_at: Moment | None
    state: Literal["planned", "cancelled", "released"]
    version: Annotated[int, Field(ge=1)]
    set_by: str
    updated_at: Moment
