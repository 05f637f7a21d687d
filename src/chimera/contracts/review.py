"""The judge's review of a produced piece: measured quality, safety, and what follows from them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

from pydantic import Field

from chimera.contracts.contract import Contract, Number
from chimera.contracts.production import CaptionCue, SpokenWord
from chimera.core.vocabulary import Aspect, QualityPreset


class QualityRequest(Contract):
    """Files of one video and what they were meant to be; the score comes from the decoded bytes."""

    video: Path
    captions_srt: Path
    thumbnail: Path | None
    aspect: Aspect
    quality_preset: QualityPreset
    narration_words: tuple[SpokenWord, ...]
    cues: tuple[CaptionCue, ...]


class QualityMeasure(Contract):
    """One measured property: `score` 0 to 1, `measured` for people ("-14 LUFS"); a failed gate: 0.5 at most."""

    name: str
    score: Annotated[Number, Field(ge=0, le=1)]
    weight: Annotated[Number, Field(gt=0)]
    measured: str
    gate_failed: bool


class QualityReport(Contract):
    quality_score: Annotated[Number, Field(ge=0, le=1)]
    measures: tuple[QualityMeasure, ...]


class SafetyVerdict(StrEnum):
    """`human` waits for a person; `blocked` never goes out as it is."""

    PASSED = "passed"
    HUMAN = "human"
    BLOCKED = "blocked"


class SafetyFinding(Contract):
    """`check` names the layer (word_list, personal_data, ...); `excerpt` is masked where it is personal."""

    check: str
    verdict: SafetyVerdict
    where: str
    excerpt: str
    explanation: str


class SafetyReport(Contract):
    verdict: SafetyVerdict
    sensitive_topics: tuple[str, ...]
    findings: tuple[SafetyFinding, ...]
    policy_hash: str


class ReviewOutcome(StrEnum):
    """What happens to the piece after the review."""

    PASSED = "passed"
    HUMAN = "human"
    FAILED = "failed"


class Review(Contract):
    """The judge's word on one piece; `reasons` are sentences for people."""

    content_id: UUID
    judge_agent_id: UUID
    outcome: ReviewOutcome
    confidence: Annotated[Number, Field(ge=0, le=1)]
    quality: QualityReport
    safety: SafetyReport
    reasons: tuple[str, ...]
