"""What the risk score looks at, measured from a request, the agent's past and the day: plain numbers."""

import math
from typing import NamedTuple

from chimera.treasury.agent_past import AgentPast
from chimera.treasury.ask import Ask
from chimera.treasury.past import Pasts
from chimera.treasury.recent_texts import NO_COPIES, Copies, shape_of
from chimera.treasury.rhythm import NO_PACES, Paces
from chimera.treasury.usual_price import UsualPrice

_MICROS_PER_CENT = 10_000
ROI_P90_PRIOR_HUNDREDTHS = 600
"""Until returns are measured: nine of ten are assumed to stay below 6. Prior, not measured."""
ROI_HURDLES_MIN = 2
"""A claim of twice the hurdle is never called inflated, however low the measured returns are."""
_NEW = AgentPast()
_NO_USUAL_PRICE = UsualPrice()
COPIES_SHARE_MIN = 1e-5
"""Below this share of the day's limit in ten minutes, what the requests say does not matter, and is not looked at."""


class Day(NamedTuple):
    """The tightest of the category's and the total's daily line; `taken_cents` is spent + debt + carried."""

    limit_cents: int
    taken_cents: int
    elapsed_ppm: int


class RiskFacts(NamedTuple):
    """Shares are of the day's limit, times are multiples of what is usual; `log_` marks a natural logarithm."""

    share: float
    taken_share: float
    elapsed_share: float
    own_rows: int
    log_above_own_median: float
    own_spread: float
    log_above_own_highest: float
    type_voters: int
    log_above_type: float
    type_spread: float
    times_estimate: float
    paces: Paces
    minute_share: float
    ten_minutes_share: float
    hour_share: float
    limit_micros: int
    mean_gap_seconds: float
    copies: Copies
    exact_habit: float
    similar_habit: float
    error_streak: float
    error_rate: float
    roi: float
    times_usual_roi: float
    claims: int
    log_above_own_claims: float
    claims_deviation: float
    first_agent: bool
    first_type: bool
    sleeping: float


_ERRORS_CALM_MICROS = 2 * 3_600_000_000
"""An error counts in full at once and nothing after two quiet hours."""
_ERROR_RATE_DOUBT = 2
"""A rate of few requests is drawn towards nothing, as if this many more had gone well."""


def measure(ask: Ask, pasts: Pasts, day: Day, at_micros: int, roi_p90_hundredths: int) -> RiskFacts:
    """Everything the factors need; changes nothing."""
    past = pasts.of(ask.agent_id) or _NEW
    cost, limit = ask.cost_micros, max(day.limit_cents, 1) * _MICROS_PER_CENT
    own = past.prices.get(ask.request_type, _NO_USUAL_PRICE)
    kind = pasts.type_price(ask.request_type)
    log_cost = math.log(cost)
    if past is _NEW:
        paces, copies, calm = NO_PACES, NO_COPIES, 0.0
    else:
        paces = past.rhythm.paces(at_micros)
        copies = NO_COPIES
        if paces.ten_minutes_micros + cost > COPIES_SHARE_MIN * limit:
            text = ask.justification
            copies = past.texts.copies(hash(text), shape_of(text), cost, at_micros)
        calm = 1 - (at_micros - past.last_at) / _ERRORS_CALM_MICROS if past.errors else 0.0
        calm = 0.0 if calm <= 0 else min(calm, 1.0)
    claim = math.log(ask.roi_hundredths) if ask.roi_hundredths > 0 else 0.0
    return RiskFacts(
        cost / limit,
        day.taken_cents * _MICROS_PER_CENT / limit,
        day.elapsed_ppm / 1_000_000,
        own.count,
        log_cost - own.median,
        own.spread,
        log_cost - own.highest,
        kind.voters,
        log_cost - (own.median if own.count >= 8 and own.median > kind.median else kind.median),
        kind.spread,
        cost / max(ask.estimate_micros, 1) if ask.estimate_micros is not None else 0.0,
        paces,
        (paces.minute_micros + cost) / limit,
        (paces.ten_minutes_micros + cost) / limit,
        (paces.hour_micros + cost) / limit,
        limit,
        past.mean_gap_seconds(),
        copies,
        past.exact_habit,
        past.similar_habit,
        past.error_streak * calm,
        past.errors / (past.decided + _ERROR_RATE_DOUBT) * calm,
        ask.roi_hundredths / 100,
        ask.roi_hundredths / roi_p90_hundredths,
        past.claims,
        claim - past.claim_mean,
        past.claim_deviation,
        not past.approved,
        not own.count,
        past.sleeping(at_micros),
    )
