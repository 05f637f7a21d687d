"""What one content piece is to be, and what came of it: the input and output of the durable content workflow."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from chimera.contracts.approval import Approval
from chimera.contracts.asset import Asset, ToolChoice
from chimera.contracts.brief import Brief, PersonalityProfile
from chimera.contracts.contract import Contract
from chimera.contracts.publication import Publication
from chimera.contracts.review import Review
from chimera.core.limits import SCRIPT_WORDS_MAX, SCRIPT_WORDS_MIN
from chimera.core.vocabulary import Aspect, QualityPreset, Stage

WordCount = Annotated[int, Field(ge=SCRIPT_WORDS_MIN, le=SCRIPT_WORDS_MAX)]


class ContentOrder(Contract):
    """One piece to make; `content_id` is also the workflow's id, so the same order twice is one piece.

    With a `task_id` the brief is there already: it is produced and reviewed for that task, and then waits for a person.
    """

    content_id: UUID
    trend_id: UUID
    personality_profile: PersonalityProfile
    words_min: WordCount
    words_max: WordCount
    aspect: Aspect
    quality_preset: QualityPreset
    tools: ToolChoice
    task_id: UUID | None = None

    @model_validator(mode="after")
    def _word_range_is_ordered(self) -> Self:
        if self.words_min > self.words_max:
            raise ValueError("words_min is at most words_max")
        return self


class ContentOutcome(Contract):
    """Where the piece stands after its workflow: `published`, or `review` while it waits for a person."""

    content_id: UUID
    stage: Stage
    brief: Brief
    approvals: tuple[Approval, ...]
    asset: Asset
    review: Review
    publication: Publication | None
