"""The risk of a request: a logistic scorecard whose every point is shown and signed with the decision.

The score is 1 / (1 + e^-(points / 100)), the points being those of the factors and `BASE_POINTS`. It takes 388 points
of factors to be above 0.7.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from chimera.treasury.ask import Ask
from chimera.treasury.scoring import scorecard
from chimera.treasury.scoring.past import Pasts
from chimera.treasury.scoring.risk_facts import ROI_HURDLES_MIN, ROI_P90_PRIOR_HUNDREDTHS, Day, RiskFacts, measure

__all__ = [
    "BASE_POINTS",
    "RULES",
    "Day",
    "RiskCode",
    "RiskFactor",
    "RiskPolicy",
    "RiskScore",
    "Rule",
    "score",
    "weigh",
]

BASE_POINTS = -300


class RiskCode(StrEnum):
    """Why a request carries risk."""

    AMOUNT_SHARE = "AMOUNT_SHARE"
    AMOUNT_HISTORY = "AMOUNT_HISTORY"
    ABOVE_ESTIMATE = "ABOVE_ESTIMATE"
    BURST = "BURST"
    SPLIT = "SPLIT"
    REPEATED_TRY = "REPEATED_TRY"
    DUPLICATE = "DUPLICATE"
    BURN_RATE = "BURN_RATE"
    ERROR_RATE = "ERROR_RATE"
    ROI_CLAIM = "ROI_CLAIM"
    ROI_HISTORY = "ROI_HISTORY"
    SLEEPER = "SLEEPER"
    FIRST_USE = "FIRST_USE"


@dataclass(frozen=True, slots=True)
class RiskPolicy:
    """`realised_roi_p90_hundredths` is None until numbers come back; then a documented prior is used."""

    hurdle_hundredths: int
    realised_roi_p90_hundredths: int | None = None
    usual_roi_hundredths: int = field(init=False)
    """What a claim is measured against."""

    def __post_init__(self) -> None:
        usual = self.realised_roi_p90_hundredths or ROI_P90_PRIOR_HUNDREDTHS
        object.__setattr__(self, "usual_roi_hundredths", max(usual, ROI_HURDLES_MIN * self.hurdle_hundredths, 1))


class RiskFactor(NamedTuple):
    """`points` are hundredths of a logit; `value` is the measured input for people."""

    code: str
    points: int
    value: str


class RiskScore(NamedTuple):
    """`hundredths` from 0 to 100; `factors` are those with points, heaviest first."""

    hundredths: int
    factors: tuple[RiskFactor, ...]


class Rule(NamedTuple):
    """One line of the scorecard: what it gives at most, how it counts, and how its input is told."""

    code: str
    points_max: int
    points: Callable[[RiskFacts], float]
    value: Callable[[RiskFacts], str]


RULES: tuple[Rule, ...] = (
    Rule(
        RiskCode.AMOUNT_SHARE.value,
        scorecard.AMOUNT_SHARE_MAX,
        scorecard.amount_share,
        lambda f: f"{f.share:.1%} of the day's limit",
    ),
    Rule(
        RiskCode.AMOUNT_HISTORY.value,
        scorecard.AMOUNT_HISTORY_MAX,
        scorecard.amount_history,
        lambda f: f"{_times(f.share, f.usual_share)} the most that is usual",
    ),
    Rule(
        RiskCode.ABOVE_ESTIMATE.value,
        scorecard.ABOVE_ESTIMATE_MAX,
        scorecard.above_estimate,
        lambda f: f"{_times(f.share, f.estimate_share)} the estimate",
    ),
    Rule(
        RiskCode.BURST.value,
        scorecard.BURST_MAX,
        scorecard.burst,
        lambda f: f"{f.pace.requests + 1:.0f} in a few minutes, {f.pace.usual_requests:.0f} usual",
    ),
    Rule(
        RiskCode.SPLIT.value,
        scorecard.SPLIT_MAX,
        scorecard.split,
        lambda f: f"{f.kind.requests + 1:.0f} of the type in an hour, {f.hour_share:.1%} of the day's limit",
    ),
    Rule(
        RiskCode.REPEATED_TRY.value,
        scorecard.REPEATED_TRY_MAX,
        scorecard.repeated_try,
        lambda f: f"{f.repeats.tries + 1} tries of one order, {f.repeats.unpaid:.0f} without a purchase",
    ),
    Rule(
        RiskCode.DUPLICATE.value,
        scorecard.DUPLICATE_MAX,
        scorecard.duplicate,
        lambda f: f"{f.repeats.copies} in the same words, {f.repeats.near} in others",
    ),
    Rule(
        RiskCode.BURN_RATE.value,
        scorecard.BURN_RATE_MAX,
        scorecard.burn_rate,
        lambda f: f"{f.taken_share + f.share:.0%} of the limit after {f.elapsed_share:.0%} of the day",
    ),
    Rule(
        RiskCode.ERROR_RATE.value,
        scorecard.ERROR_RATE_MAX,
        scorecard.error_rate,
        lambda f: f"{f.error_rate:.0%} of the last failed, {f.error_streak:.0f} in a row",
    ),
    Rule(
        RiskCode.ROI_CLAIM.value,
        scorecard.ROI_CLAIM_MAX,
        scorecard.roi_claim,
        lambda f: f"{f.times_usual_roi:.1f}x the realised P90",
    ),
    Rule(
        RiskCode.ROI_HISTORY.value,
        scorecard.ROI_HISTORY_MAX,
        scorecard.roi_history,
        lambda f: f"{math.exp(min(f.log_above_own_claims, 13.8)):.1f}x its usual claim",
    ),
    Rule(
        RiskCode.SLEEPER.value,
        scorecard.SLEEPER_MAX,
        scorecard.sleeper,
        lambda f: f"{f.sleeping:.0%} asleep, {_times(f.share, f.usual_share)} the most that is usual",
    ),
    Rule(
        RiskCode.FIRST_USE.value,
        scorecard.FIRST_USE_MAX,
        scorecard.first_use,
        lambda f: "first of its type" if f.approved else "first request",
    ),
)

_POINTS = tuple(rule.points for rule in RULES)


def weigh(ask: Ask, pasts: Pasts, day: Day, at_micros: int, policy: RiskPolicy) -> RiskScore:
    """The scorecard's verdict on a request; changes nothing."""
    return score(measure(ask, pasts, day, at_micros, policy.usual_roi_hundredths))


def score(facts: RiskFacts) -> RiskScore:
    """The points of every factor, and the logistic of their sum."""
    points = [points_of(facts) for points_of in _POINTS]
    if not any(points):
        return _CALM
    factors = [
        RiskFactor(rule.code, round(given), rule.value(facts))
        for rule, given in zip(RULES, points, strict=True)
        if given >= 0.5
    ]
    factors.sort(key=_heaviest_first)
    total = BASE_POINTS + sum(factor.points for factor in factors)
    return RiskScore(_hundredths(total), tuple(factors))


def _hundredths(points: int) -> int:
    return round(100 / (1 + math.exp(-points / 100)))


def _heaviest_first(factor: RiskFactor) -> int:
    return -factor.points


def _times(share: float, usual: float) -> str:
    return f"{min(share / usual, 1e6):.1f}x" if usual > 0 else "over"


_CALM = RiskScore(_hundredths(BASE_POINTS), ())
