"""The risk of a request: an additive scorecard whose every point is shown and signed with the decision.

Each factor gives points between nothing and its weight; the score is their sum over 100, at most 1. No factor ever
falls when the amount, the request rate or the claimed ROI rises. One factor alone stays under the escalation
threshold: it takes several together. A spender's ROI is his claim, so a high one adds risk.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

_ZERO, _ONE, _HUNDRED = Decimal(0), Decimal(1), Decimal(100)
_HUNDREDTH = Decimal("0.01")

AMOUNT_POINTS = Decimal(40)
BURN_POINTS = Decimal(15)
MINUTE_POINTS, MINUTE_REQUESTS = Decimal(10), 60
HOUR_POINTS, HOUR_REQUESTS = Decimal(10), 600
DUPLICATE_POINTS, DUPLICATES = Decimal(15), 3
ROI_POINTS, ROI_HURDLES_USUAL, ROI_HURDLES_ABSURD = Decimal(35), Decimal(4), Decimal(20)
ESTIMATE_POINTS, ESTIMATE_EXCESS_USUAL, ESTIMATE_EXCESS_ABSURD = Decimal(30), Decimal("1.1"), Decimal(2)
FIRST_USE_POINTS = Decimal(5)


class RiskCode(StrEnum):
    """Why a request carries risk."""

    AMOUNT_SHARE = "AMOUNT_SHARE"
    BURN_RATE = "BURN_RATE"
    BURST_MINUTE = "BURST_MINUTE"
    BURST_HOUR = "BURST_HOUR"
    DUPLICATE = "DUPLICATE"
    ROI_CLAIM = "ROI_CLAIM"
    ABOVE_ESTIMATE = "ABOVE_ESTIMATE"
    FIRST_USE = "FIRST_USE"


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """What the score is computed from: the request, the day's tightest budget line, the agent's recent past."""

    amount_usd: Decimal
    projected_roi: Decimal
    hurdle_rate: Decimal
    day_limit_usd: Decimal
    day_spent_usd: Decimal
    day_elapsed_share: Decimal
    requests_last_minute: int
    requests_last_hour: int
    duplicates_last_ten_minutes: int
    first_use: bool
    """The agent never had a request of this type approved."""
    estimate_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RiskFactor:
    code: RiskCode
    points: Decimal


@dataclass(frozen=True, slots=True)
class RiskScore:
    """`score` from 0 to 1 in hundredths; `factors` are those with points, heaviest first."""

    score: Decimal
    factors: tuple[RiskFactor, ...]

    def summary(self) -> str:
        """The factors for people, such as `AMOUNT_SHARE 36.00, ROI_CLAIM 35.00`."""
        return ", ".join(f"{factor.code} {factor.points}" for factor in self.factors)


def score(facts: RiskFacts) -> RiskScore:
    """The scorecard's verdict on a request; pure."""
    points = {
        RiskCode.AMOUNT_SHARE: AMOUNT_POINTS * _clamped(facts.amount_usd / facts.day_limit_usd),
        RiskCode.BURN_RATE: BURN_POINTS * _clamped(_burn_ahead(facts)),
        RiskCode.BURST_MINUTE: MINUTE_POINTS * _clamped(Decimal(facts.requests_last_minute) / MINUTE_REQUESTS),
        RiskCode.BURST_HOUR: HOUR_POINTS * _clamped(Decimal(facts.requests_last_hour) / HOUR_REQUESTS),
        RiskCode.DUPLICATE: DUPLICATE_POINTS * _clamped(Decimal(facts.duplicates_last_ten_minutes) / DUPLICATES),
        RiskCode.ROI_CLAIM: ROI_POINTS * _roi_inflation(facts),
        RiskCode.ABOVE_ESTIMATE: ESTIMATE_POINTS * _estimate_excess(facts),
        RiskCode.FIRST_USE: FIRST_USE_POINTS if facts.first_use else _ZERO,
    }
    factors = (RiskFactor(code, value.quantize(_HUNDREDTH, ROUND_HALF_UP)) for code, value in points.items())
    shown = sorted((factor for factor in factors if factor.points), key=lambda factor: -factor.points)
    total = min(sum((factor.points for factor in shown), _ZERO), _HUNDRED)
    return RiskScore((total / _HUNDRED).quantize(_HUNDREDTH, ROUND_HALF_UP), tuple(shown))


def _burn_ahead(facts: RiskFacts) -> Decimal:
    """By how much the spent share of the day's limit would run ahead of the clock."""
    return (facts.day_spent_usd + facts.amount_usd) / facts.day_limit_usd - facts.day_elapsed_share


def _roi_inflation(facts: RiskFacts) -> Decimal:
    hurdles = facts.projected_roi / max(facts.hurdle_rate, _ONE)
    return _clamped((hurdles - ROI_HURDLES_USUAL) / (ROI_HURDLES_ABSURD - ROI_HURDLES_USUAL))


def _estimate_excess(facts: RiskFacts) -> Decimal:
    if facts.estimate_usd is None:
        return _ZERO
    if facts.estimate_usd <= 0:
        return _ONE
    excess = facts.amount_usd / facts.estimate_usd
    return _clamped((excess - ESTIMATE_EXCESS_USUAL) / (ESTIMATE_EXCESS_ABSURD - ESTIMATE_EXCESS_USUAL))


def _clamped(share: Decimal) -> Decimal:
    return min(max(share, _ZERO), _ONE)
