"""Confidence in a task's work, and what follows from it at the thresholds' edges."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from chimera.agents.judge.confidence import (
    ChoiceWork,
    PieceWork,
    ScanWork,
    judge_choice,
    judge_piece,
    judge_scan,
)
from chimera.agents.judge.decision import decide_task
from chimera.agents.judge.verdict import CONFIDENCE_GO, CONFIDENCE_HUMAN
from chimera.contracts.evidence import TrendEvidence
from chimera.contracts.judgement import Consequence, JudgementOutcome
from chimera.contracts.review import QualityReport, Review, ReviewOutcome, SafetyReport, SafetyVerdict
from chimera.contracts.trend import Trend, TrendMetadata
from chimera.core.vocabulary import Stage
from chimera.safety.policy import load_policy
from factories_rises import rise

DRAFT, PUBLISH, SPEND = Consequence.DRAFT, Consequence.PUBLISH, Consequence.SPEND
GO_ON, REWORK, HUMAN = JudgementOutcome.GO_ON, JudgementOutcome.REWORK, JudgementOutcome.HUMAN
THRESHOLDS = load_policy().judge


def trend_of(evidence: TrendEvidence, **changes: object) -> Trend:
    found = Trend(
        trend_id=uuid4(), topic="comet", volume=evidence.mentions, sentiment_score=Decimal(0),
        rising_velocity=Decimal(2), platforms=("reddit",), metadata=TrendMetadata(top_posts=(), influencers=()),
    )  # fmt: skip
    return found.model_copy(update=changes)


def evidence_of(number: int = 1) -> TrendEvidence:
    return rise(number).evidence


def scan_of(*found: tuple[Trend, TrendEvidence | None]) -> ScanWork:
    about = evidence_of()
    return ScanWork(found, Decimal("0.5"), about.as_of, about.timeframe_seconds)


def choice_of(trend: Trend, evidence: TrendEvidence | None) -> ChoiceWork:
    return ChoiceWork(
        trend, evidence, was_found=True, taken=None, sensitive_unpassed=(), left_usd=Decimal(2), piece_usd=Decimal(1)
    )


def review_of(confidence: str, outcome: ReviewOutcome = ReviewOutcome.PASSED, *topics: str) -> Review:
    return Review(
        content_id=uuid4(), judge_agent_id=uuid4(), outcome=outcome, confidence=Decimal(confidence),
        quality=QualityReport(quality_score=Decimal("0.9"), measures=()), reasons=(),
        safety=SafetyReport(verdict=SafetyVerdict.PASSED, sensitive_topics=topics, findings=(), policy_hash="x"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("confidence", "consequence", "attempts_left", "outcome"),
    [
        ("0.91", DRAFT, 2, GO_ON), ("0.91", PUBLISH, 2, GO_ON), ("0.91", SPEND, 2, GO_ON),
        ("0.90", DRAFT, 2, GO_ON), ("0.90", PUBLISH, 2, HUMAN), ("0.90", SPEND, 2, HUMAN),
        ("0.70", DRAFT, 2, GO_ON), ("0.70", PUBLISH, 2, HUMAN), ("0.70", SPEND, 2, HUMAN),
        ("0.69", DRAFT, 2, REWORK), ("0.69", PUBLISH, 2, REWORK), ("0.69", SPEND, 1, REWORK),
        ("0.69", DRAFT, 0, HUMAN), ("0", PUBLISH, 0, HUMAN),
    ],
)  # fmt: skip
def test_the_thresholds_hold_at_their_edges(
    confidence: str, consequence: Consequence, attempts_left: int, outcome: JudgementOutcome
) -> None:
    decided = decide_task(Decimal(confidence), consequence, THRESHOLDS, sensitive=False, attempts_left=attempts_left)
    assert decided is outcome


@pytest.mark.parametrize("consequence", list(Consequence))
@pytest.mark.parametrize("confidence", ["0", "0.8", "1"])
def test_a_sensitive_topic_always_waits_for_a_person(consequence: Consequence, confidence: str) -> None:
    assert decide_task(Decimal(confidence), consequence, THRESHOLDS, sensitive=True, attempts_left=2) is HUMAN


def test_the_shipped_policy_names_the_thresholds_of_the_pieces_review_too() -> None:
    assert (THRESHOLDS.go_on_above, THRESHOLDS.rework_below) == (CONFIDENCE_GO, CONFIDENCE_HUMAN)


@pytest.mark.parametrize("number", range(4))
def test_a_scan_whose_numbers_hold_together_is_sure(number: int) -> None:
    evidence = evidence_of(number)
    work = ScanWork([(trend_of(evidence), evidence)], Decimal("0.5"), evidence.as_of, evidence.timeframe_seconds)
    assert judge_scan(work).confidence == 1


def test_a_trend_whose_row_holds_no_evidence_makes_a_scan_worthless() -> None:
    judged = judge_scan(scan_of((trend_of(evidence_of()), None)))
    assert judged.confidence == 0
    assert "evidence" in judged.reasons[0]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"volume": 999_999}, "counted"), ({"rising_velocity": Decimal("0.1")}, "less than was asked for")],
)
def test_numbers_that_contradict_the_evidence_are_found(changes: dict[str, object], reason: str) -> None:
    evidence = evidence_of()
    judged = judge_scan(scan_of((trend_of(evidence, **changes), evidence)))
    assert judged.confidence < THRESHOLDS.rework_below
    assert reason in judged.reasons[0]


def test_a_scan_of_another_moment_is_done_again() -> None:
    evidence = evidence_of()
    work = replace(scan_of((trend_of(evidence), evidence)), as_of=datetime(2026, 1, 1, tzinfo=UTC))
    assert judge_scan(work).confidence < THRESHOLDS.rework_below


def test_an_empty_scan_is_worthless() -> None:
    assert judge_scan(scan_of()).confidence == 0


def test_a_free_trend_within_the_budget_is_a_sure_choice() -> None:
    evidence = evidence_of()
    assert judge_choice(choice_of(trend_of(evidence), evidence)).confidence == 1


def test_a_taken_topic_or_too_little_money_makes_a_choice_worthless() -> None:
    evidence = evidence_of()
    sound = choice_of(trend_of(evidence), evidence)
    for work in (replace(sound, taken="it has a piece"), replace(sound, left_usd=Decimal("0.99")),
                 replace(sound, was_found=False)):  # fmt: skip
        assert judge_choice(work).confidence == 0


def test_an_unpassed_sensitive_topic_is_told_however_sound_the_choice_is() -> None:
    evidence = evidence_of()
    work = replace(choice_of(trend_of(evidence), evidence), sensitive_unpassed=("politics",))
    assert judge_choice(work).sensitive == ("politics",)


def test_a_published_piece_is_as_sure_as_its_own_review() -> None:
    judged = judge_piece(PieceWork(Stage.PUBLISHED, review_of("0.93"), passed_by_person=False))
    assert judged.confidence == Decimal("0.93")


def test_a_piece_that_a_person_passed_needs_no_second_word() -> None:
    judged = judge_piece(PieceWork(Stage.PUBLISHED, review_of("0.80"), passed_by_person=True))
    assert judged.confidence == 1
    assert not judged.sensitive


def test_a_piece_that_went_out_unpassed_or_not_at_all_is_worthless() -> None:
    for work in (
        PieceWork(Stage.PUBLISHED, review_of("0.99", ReviewOutcome.HUMAN), passed_by_person=False),
        PieceWork(Stage.REVIEW, review_of("0.99"), passed_by_person=False),
        PieceWork(Stage.PUBLISHED, None, passed_by_person=False),
    ):
        assert judge_piece(work).confidence == 0
