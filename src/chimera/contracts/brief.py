"""Content brief generation (specification section 3, `internal.agent.director.create_brief`)."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, field_validator

from chimera.contracts.contract import Contract, Number, Usd
from chimera.core.limits import SCRIPT_CHARACTERS_MAX, SCRIPT_WORDS_MAX, SCRIPT_WORDS_MIN
from chimera.core.vocabulary import ContentFormat

ShortText = Annotated[str, Field(min_length=1, max_length=200)]


class BrandGuidelines(Contract):
    """`avoid` lists words and manners the script must not use."""

    voice: ShortText
    avoid: tuple[ShortText, ...] = Field(max_length=100)


class PersonalityProfile(Contract):
    """Who speaks: the specification's personality_profile."""

    name: ShortText
    tone: ShortText
    target_audience: ShortText
    brand_guidelines: BrandGuidelines


class BriefRequest(Contract):
    trend_id: UUID
    personality_profile: PersonalityProfile


class Brief(Contract):
    """A script ready to be produced. `projected_engagement` is (likes+comments+shares)/views."""

    brief_id: UUID
    trend_id: UUID
    format: ContentFormat
    script: Annotated[str, Field(min_length=1, max_length=SCRIPT_CHARACTERS_MAX)]
    visual_prompts: tuple[str, ...]
    tone_guidelines: str
    target_platforms: tuple[str, ...]
    estimated_cost: Annotated[Usd, Field(ge=0)]
    projected_engagement: Annotated[Number, Field(ge=0, le=1)]
    execution_time_ms: Annotated[int, Field(ge=0)]


def words_in(script: str) -> int:
    """How many words section 3's limit counts: runs of characters between spaces."""
    return len(script.split())


class Script(Contract):
    """A script within section 3's 100 to 500 words and section 6's 5,000 characters."""

    text: Annotated[str, Field(max_length=SCRIPT_CHARACTERS_MAX)]

    @field_validator("text")
    @classmethod
    def _has_100_to_500_words(cls, text: str) -> str:
        if not SCRIPT_WORDS_MIN <= words_in(text) <= SCRIPT_WORDS_MAX:
            raise ValueError(f"a script has {SCRIPT_WORDS_MIN} to {SCRIPT_WORDS_MAX} words")
        return text
