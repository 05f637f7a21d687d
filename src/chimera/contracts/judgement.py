"""The judge's word on what a task's worker produced (architecture decision 14)."""

from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from chimera.contracts.contract import Contract, Number

Confidence = Annotated[Number, Field(ge=0, le=1)]


class Consequence(StrEnum):
    """What follows from the work: a draft can still be thrown away, a publication and a payment can't."""

    DRAFT = "draft"
    PUBLISH = "publish"
    SPEND = "spend"


class JudgementOutcome(StrEnum):
    """`stale`: what the work had read has changed meanwhile, so it is done again."""

    GO_ON = "go_on"
    REWORK = "rework"
    HUMAN = "human"
    STALE = "stale"


class Thresholds(Contract):
    """Above `go_on_above` everything goes on; below `rework_below` nothing does; between them drafts do."""

    go_on_above: Confidence
    rework_below: Confidence

    @model_validator(mode="after")
    def _are_ordered(self) -> Self:
        if self.rework_below > self.go_on_above:
            raise ValueError("rework_below is at most go_on_above")
        return self


class Judgement(Contract):
    """`reasons` are sentences for people; `policy_hash` names the policy it was made under."""

    task_id: UUID
    attempt: Annotated[int, Field(ge=0)]
    judge_agent_id: UUID
    confidence: Confidence
    outcome: JudgementOutcome
    reasons: tuple[str, ...]
    policy_hash: str
