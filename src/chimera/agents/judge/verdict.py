"""From measures and safety findings to confidence and outcome (architecture decisions 14 and 20); pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise

from chimera.contracts.review import QualityMeasure, QualityReport, ReviewOutcome, SafetyReport, SafetyVerdict
from chimera.core.limits import QUALITY_SCORE_THRESHOLD

CONFIDENCE_GO = Decimal("0.90")
"""Above it the piece goes on by itself."""
CONFIDENCE_HUMAN = Decimal("0.70")
"""Below it the piece should be reworked before a person looks at it."""

_QUALITY_STEPS = ((0.80, 0.70), (0.85, 0.91), (1.0, 1.0))
_WEAKEST_STEPS = ((0.0, 0.5), (0.2, 0.70), (0.5, 0.91), (0.8, 1.0))
_SAFETY = {SafetyVerdict.PASSED: 1.0, SafetyVerdict.HUMAN: 0.80, SafetyVerdict.BLOCKED: 0.0}
_REASONS_MAX = 12


@dataclass(frozen=True, slots=True)
class Decided:
    outcome: ReviewOutcome
    confidence: Decimal
    reasons: tuple[str, ...]


def decide(quality: QualityReport, safety: SafetyReport) -> Decided:
    """What happens to the piece. The gravest reason decides: blocked, too poor, sensitive, uncertain."""
    sure = confidence(quality, safety)
    if safety.verdict is SafetyVerdict.BLOCKED:
        return Decided(ReviewOutcome.FAILED, sure, _safety_reasons(safety, SafetyVerdict.BLOCKED))
    if quality.quality_score <= QUALITY_SCORE_THRESHOLD:
        return Decided(ReviewOutcome.FAILED, sure, _quality_reasons(quality))
    if safety.sensitive_topics or safety.verdict is SafetyVerdict.HUMAN:
        topics = [f"about {topic}: a person decides" for topic in safety.sensitive_topics]
        findings = _safety_reasons(safety, SafetyVerdict.HUMAN)
        return Decided(ReviewOutcome.HUMAN, sure, tuple(dict.fromkeys([*topics, *findings]))[:_REASONS_MAX])
    if sure <= CONFIDENCE_GO:
        advice = "look at it" if sure >= CONFIDENCE_HUMAN else "produce it again, or look at it"
        doubt = f"only {sure:.0%} sure of it, {CONFIDENCE_GO:.0%} are needed: {advice}"
        return Decided(ReviewOutcome.HUMAN, sure, (doubt, *_weak(quality.measures)))
    return Decided(ReviewOutcome.PASSED, sure, (f"quality {quality.quality_score} with nothing found against it",))


def confidence(quality: QualityReport, safety: SafetyReport) -> Decimal:
    """How sure the judge is that the piece may go out, 0 to 1, rounded down to two decimals.

    The least of three: the score's distance from the threshold (0.80 gives 0.70, 0.85 gives 0.91), the weakest
    measure (0.5 gives 0.91, 0.2 gives 0.70), and safety (a finding for a human gives 0.80, a blocking one 0).
    """
    weakest = min((float(one.score) for one in quality.measures), default=0.0)
    least = min(
        _between(_QUALITY_STEPS, float(quality.quality_score)),
        _between(_WEAKEST_STEPS, weakest),
        _SAFETY[safety.verdict],
        _SAFETY[SafetyVerdict.HUMAN] if safety.sensitive_topics else 1.0,
    )
    return Decimal(str(round(least, 6))).quantize(Decimal("0.01"), rounding=ROUND_FLOOR)


def _between(steps: Sequence[tuple[float, float]], value: float) -> float:
    """Straight lines through `steps`; below the first in proportion to it, above the last flat."""
    first_at, first = steps[0]
    if value <= first_at:
        return first * value / first_at if first_at else first
    for (low_at, low), (high_at, high) in pairwise(steps):
        if value <= high_at:
            return low + (high - low) * (value - low_at) / (high_at - low_at)
    return steps[-1][1]


def _quality_reasons(quality: QualityReport) -> tuple[str, ...]:
    head = f"QUALITY_FAILED: {quality.quality_score} is not above {QUALITY_SCORE_THRESHOLD}"
    gates = [f"{one.name}: {one.measured}" for one in quality.measures if one.gate_failed]
    return tuple(dict.fromkeys([head, *gates, *_weak(quality.measures)]))[:_REASONS_MAX]


def _weak(measures: Sequence[QualityMeasure]) -> list[str]:
    worst_first = sorted(measures, key=lambda one: one.score)
    return [f"{one.name}: {one.measured}" for one in worst_first if one.score < Decimal("0.8")]


def _safety_reasons(safety: SafetyReport, verdict: SafetyVerdict) -> tuple[str, ...]:
    findings = [one for one in safety.findings if one.verdict is verdict]
    return tuple(dict.fromkeys(f"{one.check} in {one.where}: {one.explanation}" for one in findings))[:_REASONS_MAX]
