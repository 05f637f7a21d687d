"""The factors of the risk score: each turns facts into points (hundredths of a logit) that never fall when an amount,
a rate, a claim or an error rate rises. What is small beside the day's limit is left to the budget."""

import math

from chimera.treasury.scoring.pace import KNOWN_HOURS
from chimera.treasury.scoring.risk_facts import RiskFacts

AMOUNT_SHARE_MAX = 250
AMOUNT_HISTORY_MAX = 480
ABOVE_ESTIMATE_MAX = 560
BURST_MAX = 560
SPLIT_MAX = 560
REPEATED_TRY_MAX = 520
BURN_RATE_MAX = 70
ERROR_RATE_MAX = 420
ROI_CLAIM_MAX = 560
ROI_HISTORY_MAX = 450
DUPLICATE_MAX = 480
FIRST_USE_MAX = 50
SLEEPER_MAX = 460

_CLAIMS_SPREAD_MIN = 0.2
_USUAL_SHARE_MIN = 2e-4
_SPLIT_SHARE_KNOWN, _SPLIT_SHARE_NEW = 0.006, 0.05


def amount_share(f: RiskFacts) -> float:
    """Full at 35% of the day's limit; half for what the agent usually asks."""
    if f.share <= 0.05:
        return 0.0
    known = f.kind.hours >= KNOWN_HOURS and f.share <= f.usual_share
    return AMOUNT_SHARE_MAX * _ramp(f.share, 0.05, 0.35) * (0.5 if known else 1.0)


def amount_history(f: RiskFacts) -> float:
    """Above the most that is usual, by a factor and by money; less where the price book expects that price."""
    if not f.usual_share or f.share <= 1.3 * f.usual_share:
        return 0.0
    more = _log_ramp(f.share / max(f.usual_share, _USUAL_SHARE_MIN), 1.3, 3.5)
    points = AMOUNT_HISTORY_MAX * more * _ramp(f.share - f.usual_share, 1e-3, 6e-3)
    return points * (0.25 + 0.75 * _above_book(f))


def above_estimate(f: RiskFacts) -> float:
    """From 1.25 times the estimate, full at twice."""
    if f.estimate_share < 0 or f.share <= 1.25 * f.estimate_share:
        return 0.0
    times = _log_ramp(f.share, 1.25 * f.estimate_share, 2 * f.estimate_share) if f.estimate_share else 1.0
    return ABOVE_ESTIMATE_MAX * times * _log_ramp(f.share - f.estimate_share, 2e-5, 4e-4)


def burst(f: RiskFacts) -> float:
    """More requests in a few minutes than in the agent's own busiest; for a new one only the money in them counts."""
    pace = f.pace
    if pace.hours >= KNOWN_HOURS:
        times = (pace.requests + 1) / (1.15 * pace.usual_requests + 1.5)
        if times <= 1:
            return 0.0
        return BURST_MAX * _log_ramp(times, 1, 1.35) * _log_ramp(f.burst_share, 2e-4, 2e-3)
    return BURST_MAX * _log_ramp(pace.requests + 1, 8, 24) * _log_ramp(f.burst_share, 0.02, 0.1)


def split(f: RiskFacts) -> float:
    """More requests of a type with more money in them than in the agent's own busiest hour, or far more money before
    this request."""
    kind = f.kind
    if kind.requests < 1.5:
        return 0.0
    if f.pace.hours >= KNOWN_HOURS:
        often = _log_ramp((kind.requests + 1) / (kind.usual_requests + 1), 1, 1.6)
        usual = 1.2 * kind.usual_micros / f.limit_micros + _SPLIT_SHARE_KNOWN
        before = _log_ramp(kind.micros / f.limit_micros, 1.2 * usual, 2.4 * usual) * _ramp(kind.requests, 1.5, 3)
    else:
        often = _log_ramp(kind.requests + 1, 3, 8)
        usual, before = _SPLIT_SHARE_NEW, 0.0
    much = _log_ramp(f.hour_share / usual, 1, 2.5)
    return SPLIT_MAX * max(math.sqrt(often * much), before)


def repeated_try(f: RiskFacts) -> float:
    """One order asked again and again although it bought nothing, or waits for a person."""
    unpaid = f.repeats.unpaid
    if not unpaid:
        return 0.0
    seldom = 2.0 / max(2.0, f.habit)
    return REPEATED_TRY_MAX * _ramp(unpaid * seldom + 0.4 * max(0.0, f.repeats.tries - unpaid - f.habit), 1.4, 3.6)


def burn_rate(f: RiskFacts) -> float:
    """The spent share of the day runs ahead of the clock by more than a quarter of the day."""
    if f.taken_share <= 0.25 - f.share:
        return 0.0
    return BURN_RATE_MAX * _ramp(f.taken_share + f.share - f.elapsed_share, 0.25, 0.75)


def error_rate(f: RiskFacts) -> float:
    """The share of the last requests that were rejected, voided, expired or overrun, or a row of them."""
    if not f.error_rate:
        return 0.0
    return ERROR_RATE_MAX * max(_ramp(f.error_rate, 0.35, 0.8), _ramp(f.error_streak, 2, 6))


def roi_claim(f: RiskFacts) -> float:
    """Above the realised P90, full at 1.55 times."""
    if f.times_usual_roi <= 1:
        return 0.0
    return ROI_CLAIM_MAX * _log_ramp(f.times_usual_roi, 1, 1.55) * (0.5 + 0.5 * _log_ramp(f.share, 1e-5, 1e-4))


def roi_history(f: RiskFacts) -> float:
    """Far above the agent's own earlier claims, by their own spread."""
    if f.approved < 5 or f.roi <= 3 or f.log_above_own_claims <= 0:
        return 0.0
    z = f.log_above_own_claims / max(1.25 * f.claims_deviation, _CLAIMS_SPREAD_MIN)
    return ROI_HISTORY_MAX * _ramp(z, 2.2, 4.5) * _log_ramp(f.roi, 3, 6)


def duplicate(f: RiskFacts) -> float:
    """Bought before, in the same words or in others at its estimate; a few small ones are left to the budget. A new
    agent may repeat itself once, and other words are not held against it, since its habits are not known."""
    known = f.pace.hours >= KNOWN_HOURS
    copies = f.repeats.copies + (f.repeats.near if known else 0)
    if not copies or f.share <= 5e-4:
        return 0.0
    beyond = copies - max(0.0, f.habit - 1)
    large = (
        _ramp(beyond, 0, 1) * _ramp(f.share, 1e-3, 1.5e-3)
        if known
        else _ramp(beyond, 1, 2) * _ramp(f.share, 2e-3, 3e-3)
    )
    many = _ramp(beyond, 2, 4) * _log_ramp(f.share * copies, 1e-3, 4e-3)
    return DUPLICATE_MAX * max(large, many)


def first_use(f: RiskFacts) -> float:
    """The agent's first request, or half of it for its first of this type."""
    if not f.first_type:
        return 0.0
    return FIRST_USE_MAX * (0.5 if f.approved else 1.0)


def sleeper(f: RiskFacts) -> float:
    """A long silence ended, and what follows is large or much for this agent."""
    if not f.sleeping:
        return 0.0
    large = _log_ramp(f.share / max(f.usual_share, 1e-3), 1.2, 3) if f.usual_share else _ramp(f.share, 0.02, 0.15)
    many = _log_ramp((f.pace.requests + 1) / (f.pace.usual_requests + 2), 1, 2)
    return SLEEPER_MAX * f.sleeping * max(large, many) * _log_ramp(f.burst_share, 1e-3, 1e-2)


def _above_book(f: RiskFacts) -> float:
    """0 for a price within a quarter of its estimate, 1 from 1.5 times on and where there is no estimate."""
    if f.estimate_share <= 0:
        return 1.0
    return _ramp(f.share / f.estimate_share, 1.25, 1.5)


def _ramp(value: float, low: float, high: float) -> float:
    if value <= low:
        return 0.0
    return 1.0 if value >= high else (value - low) / (high - low)


def _log_ramp(value: float, low: float, high: float) -> float:
    if value <= low:
        return 0.0
    return 1.0 if value >= high else math.log(value / low) / math.log(high / low)
