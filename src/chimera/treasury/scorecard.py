"""The factors of the risk score: each turns facts into points (hundredths of a logit) that never fall when an amount,
a rate, a claim or an error rate rises. What is small beside the day's limit is left to the budget (`_matters`)."""

import math

from chimera.treasury.risk_facts import RiskFacts

AMOUNT_SHARE_MAX = 250
AMOUNT_HISTORY_MAX = 600
TYPE_PRICE_MAX = 450
ABOVE_ESTIMATE_MAX = 520
BURST_MINUTE_MAX = 600
BURST_HOUR_MAX = 450
BURN_RATE_MAX = 70
ERROR_RATE_MAX = 520
ROI_CLAIM_MAX = 560
ROI_HISTORY_MAX = 450
DUPLICATE_MAX = 520
SPLIT_MAX = 690
FIRST_USE_MAX = 50
SLEEPER_MAX = 460

_SPREAD_MIN = 0.25
_TYPE_SPREAD_MIN = 0.7
_CLAIMS_SPREAD_MIN = 0.2
_SPLIT_SUM, _SPLIT_TEXT, _SPLIT_TEXT_NEW = 300, 390, 260


def amount_share(f: RiskFacts) -> float:
    """Full at half of the day's limit; half for what the agent usually asks."""
    if f.share <= 0.05:
        return 0.0
    known = f.own_rows >= 8 and f.log_above_own_highest <= 0
    return AMOUNT_SHARE_MAX * _ramp(f.share, 0.05, 0.5) * (0.5 if known else 1.0)


def amount_history(f: RiskFacts) -> float:
    """Above the agent's highest, and far above its median by its own spread (a robust z), or four times the highest."""
    over = f.log_above_own_highest
    if f.own_rows < 3 or over <= 0.15:
        return 0.0
    z = f.log_above_own_median / max(f.own_spread * 1.2, _SPREAD_MIN)
    unusual = max(_ramp(z, 2.2, 5.2) * _ramp(over, 0.15, 0.5), _ramp(over, 0.15, 0.75))
    sure = min(1.0, 0.6 + f.own_rows / 20)
    return AMOUNT_HISTORY_MAX * unusual * sure * _matters(f.share, 1e-5, 1e-4)


def type_price(f: RiskFacts) -> float:
    """Above what three or more agents usually pay for the type, and above what this one does."""
    if f.type_voters < 4 or f.log_above_type <= 0.7:
        return 0.0
    z = f.log_above_type / max(f.type_spread, _TYPE_SPREAD_MIN)
    return TYPE_PRICE_MAX * _ramp(z, 1.5, 4.5) * _matters(f.share, 1e-5, 1e-4)


def above_estimate(f: RiskFacts) -> float:
    """From 1.2 times the estimate, full at twice."""
    if f.times_estimate <= 1.2:
        return 0.0
    return (
        ABOVE_ESTIMATE_MAX
        * _ramp(math.log(f.times_estimate), math.log(1.2), math.log(2))
        * _matters(f.share, 1e-5, 1e-4)
    )


def burst_minute(f: RiskFacts) -> float:
    """More requests in a minute than in the agent's own busy ones."""
    paces = f.paces
    times = (paces.minute + 1) / (1.5 * paces.minute_usual + 2)
    if times <= 1 or paces.minutes_closed < 3:
        return 0.0
    return BURST_MINUTE_MAX * _log_ramp(times, 1, 2.5) * _burst_matters(f, f.minute_share)


def burst_hour(f: RiskFacts) -> float:
    """More requests in an hour than in the agent's own busy ones."""
    paces = f.paces
    times = (paces.hour + 1) / (1.5 * paces.hour_usual + 3)
    if times <= 1 or paces.hours_closed < 3:
        return 0.0
    return BURST_HOUR_MAX * _log_ramp(times, 1, 2.5) * _burst_matters(f, f.hour_share / 3)


def burn_rate(f: RiskFacts) -> float:
    """The spent share of the day runs ahead of the clock by more than a quarter of the day."""
    if f.taken_share <= 0.25 - f.share:
        return 0.0
    return BURN_RATE_MAX * _ramp(f.taken_share + f.share - f.elapsed_share, 0.25, 0.75)


def error_rate(f: RiskFacts) -> float:
    """The share of the last requests that were rejected, voided, expired or overrun, or a row of them."""
    if not f.error_rate:
        return 0.0
    return ERROR_RATE_MAX * max(_ramp(f.error_rate, 0.25, 0.7), _ramp(f.error_streak, 1, 6))


def roi_claim(f: RiskFacts) -> float:
    """Above the realised P90, full at 1.7 times."""
    if f.times_usual_roi <= 1:
        return 0.0
    return ROI_CLAIM_MAX * _log_ramp(f.times_usual_roi, 1, 1.7) * (0.5 + 0.5 * _matters(f.share, 1e-5, 1e-4))


def roi_history(f: RiskFacts) -> float:
    """Far above the agent's own earlier claims, by their own spread."""
    if f.claims < 5 or f.roi <= 3 or f.log_above_own_claims <= 0:
        return 0.0
    z = f.log_above_own_claims / max(1.25 * f.claims_deviation, _CLAIMS_SPREAD_MIN)
    return ROI_HISTORY_MAX * _ramp(z, 2.5, 6) * _log_ramp(f.roi, 3, 6)


def duplicate(f: RiskFacts) -> float:
    """The same words at this amount or less within ten minutes, not refused; less for an agent that often does so."""
    copies = f.copies
    if not copies.exact:
        return 0.0
    beyond = max(copies.equal, 0.5 * copies.exact) - 1.5 * f.exact_habit
    share = f.share * (1 + copies.equal)
    return DUPLICATE_MAX * _ramp(beyond, -0.2, 2.0) * _matters(share, 1e-5, 3e-4)


def split(f: RiskFacts) -> float:
    """Many requests in ten minutes whose sum is large for the agent, and near-equal words among them."""
    paces = f.paces
    if paces.ten_minutes < 2 or f.ten_minutes_share <= 1e-4:
        return 0.0
    known = paces.ten_minutes_closed >= 4
    expected = 1.3 * paces.ten_minutes_usual_micros / f.limit_micros + 0.0005 if known else 0.01
    times = f.ten_minutes_share / expected
    much = _log_ramp(times, 1, 2.5 if known else 4)
    if known and f.own_rows:
        often = (paces.ten_minutes + 1) / (1.5 * paces.ten_minutes_usual + 2)
        much = max(much, _log_ramp(often, 1, 2.5) * _burst_matters(f, f.ten_minutes_share))
    points = _SPLIT_SUM * much
    pieces = f.copies.similar - 1 - 1.5 * f.similar_habit
    if pieces > 0:
        text = (_SPLIT_TEXT if known else _SPLIT_TEXT_NEW) * (0.4 + 0.6 * _log_ramp(times, 0.4, 1.2))
        points += text * _ramp(pieces, 0, 3) * _matters(f.ten_minutes_share, 1e-4, 2e-3)
    return points


def first_use(f: RiskFacts) -> float:
    """The agent's first request, or half of it for its first of this type."""
    if not f.first_type:
        return 0.0
    return FIRST_USE_MAX * (1.0 if f.first_agent else 0.5)


def sleeper(f: RiskFacts) -> float:
    """A long silence ended, and what follows is large or much for this agent."""
    if not f.sleeping:
        return 0.0
    large = _ramp(f.log_above_own_median, 0.3, 1.0) if f.own_rows else _ramp(f.share, 0.02, 0.15)
    many = _log_ramp((f.paces.ten_minutes + 1) / (f.paces.ten_minutes_usual + 1), 1, 2.5)
    return SLEEPER_MAX * f.sleeping * (0.1 + 0.9 * max(large, many)) * _matters(f.ten_minutes_share, 1e-5, 3e-4)


def _burst_matters(f: RiskFacts, share: float) -> float:
    """For an agent that usually is slow nearly any burst matters; for a fast one only the money in it."""
    slow = _log_ramp(f.mean_gap_seconds, 20, 120)
    return max(slow * _matters(share, 1e-5, 1e-4), _matters(share, 1e-3, 6e-3))


def _ramp(value: float, low: float, high: float) -> float:
    if value <= low:
        return 0.0
    return 1.0 if value >= high else (value - low) / (high - low)


def _log_ramp(value: float, low: float, high: float) -> float:
    if value <= low:
        return 0.0
    return 1.0 if value >= high else math.log(value / low) / math.log(high / low)


_matters = _log_ramp
