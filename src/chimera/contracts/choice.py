"""The planner's choice among trends: which to make, and why each other was passed over."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from chimera.contracts.contract import Contract, Number, Usd


class PassedOver(Contract):
    """`waits_for_human` marks a sensitive topic that was left in the review list."""

    trend_id: UUID
    topic: str
    reason: str
    waits_for_human: bool


class Choice(Contract):
    """`trend_id` is None where no trend is worth making; `worth` is the score the choice was made by."""

    trend_id: UUID | None
    topic: str | None
    worth: Annotated[Number, Field(ge=0)] | None
    budget_usd: Annotated[Usd, Field(ge=0)]
    reason: str
    passed_over: tuple[PassedOver, ...]
