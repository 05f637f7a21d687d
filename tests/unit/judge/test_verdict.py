"""The outcome follows from score, measures and safety, as docs/quality.md says."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chimera.agents.judge.quality import report
from chimera.agents.judge.verdict import confidence, decide
from chimera.contracts.review import (
    QualityMeasure,
    QualityReport,
    ReviewOutcome,
    SafetyFinding,
    SafetyReport,
    SafetyVerdict,
)

CLEAN = SafetyReport(verdict=SafetyVerdict.PASSED, sensitive_topics=(), findings=(), policy_hash="0" * 64)


def quality(*scores: str, gate_failed: bool = False) -> QualityReport:
    return report(
        [
            QualityMeasure(
                name=f"m{index}", score=Decimal(score), weight=Decimal(1), measured="x", gate_failed=gate_failed
            )
            for index, score in enumerate(scores)
        ]
    )


def safety(verdict: SafetyVerdict, *topics: str) -> SafetyReport:
    finding = SafetyFinding(check="word_list", verdict=verdict, where="script", excerpt="x", explanation="a swear word")
    return SafetyReport(verdict=verdict, sensitive_topics=topics, findings=(finding,), policy_hash="0" * 64)


def test_a_good_clean_piece_passes() -> None:
    decided = decide(quality("1", "0.9", "0.95"), CLEAN)
    assert (decided.outcome, decided.confidence > Decimal("0.90")) == (ReviewOutcome.PASSED, True)


@pytest.mark.parametrize(
    ("score", "outcome"), [("0.80", "failed"), ("0.81", "human"), ("0.84", "human"), ("0.86", "passed")]
)
def test_quality_must_be_greater_than_the_threshold(score: str, outcome: str) -> None:
    assert decide(quality(score, score), CLEAN).outcome == outcome


def test_a_blocked_text_fails_the_best_video() -> None:
    decided = decide(quality("1"), safety(SafetyVerdict.BLOCKED))
    assert decided.outcome is ReviewOutcome.FAILED
    assert decided.confidence == 0
    assert decided.reasons == ("word_list in script: a swear word",)


@pytest.mark.parametrize("checked", [safety(SafetyVerdict.HUMAN), safety(SafetyVerdict.PASSED, "death")])
def test_a_text_for_a_human_waits_however_good_the_video(checked: SafetyReport) -> None:
    decided = decide(quality("1"), checked)
    assert decided.outcome is ReviewOutcome.HUMAN
    assert Decimal("0.70") <= decided.confidence <= Decimal("0.90")


def test_a_poor_video_fails_whatever_its_topic() -> None:
    decided = decide(quality("0.5"), safety(SafetyVerdict.HUMAN, "law"))
    assert decided.outcome is ReviewOutcome.FAILED
    assert decided.reasons[0].startswith("QUALITY_FAILED")


def test_one_weak_measure_among_good_ones_waits_for_a_human() -> None:
    assert decide(quality(*["1"] * 14, "0.3"), CLEAN).outcome is ReviewOutcome.HUMAN


def test_a_failed_gate_caps_the_score_at_one_half() -> None:
    assert quality("1", "1", gate_failed=True).quality_score == Decimal("0.50")


SCORES = st.lists(st.decimals("0", "1", places=3), min_size=1, max_size=13)


@given(scores=SCORES, index=st.integers(0, 12), less=st.decimals("0", "1", places=3))
def test_a_worse_measure_never_raises_score_or_confidence(scores: list[Decimal], index: int, less: Decimal) -> None:
    worse = list(scores)
    worse[index % len(worse)] = min(worse[index % len(worse)], less)
    before, after = quality(*map(str, scores)), quality(*map(str, worse))
    assert after.quality_score <= before.quality_score
    assert confidence(after, CLEAN) <= confidence(before, CLEAN)
