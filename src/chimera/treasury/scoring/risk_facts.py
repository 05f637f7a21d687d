"""What the risk score looks at, measured from a request, the agent's past and the day: plain numbers."""

import math
from typing import NamedTuple

from chimera.treasury.ask import Ask
from chimera.treasury.scoring.agent_past import SLEEP_MICROS, AgentPast
from chimera.treasury.scoring.pace import KNOWN_HOURS, NO_PACE, PaceNow
from chimera.treasury.scoring.past import Pasts
from chimera.treasury.scoring.recent_texts import NO_REPEATS, WINDOW_MICROS, Repeats, read

_MICROS_PER_CENT = 10_000
ROI_P90_PRIOR_HUNDREDTHS = 600
"""Until returns are measured: nine of ten are assumed to stay below 6. Prior, not measured."""
ROI_HURDLES_MIN = 2
"""A claim of twice the hurdle is never called inflated, however low the measured returns are."""
_NEW = AgentPast()
_tuple = tuple.__new__
"""A named tuple of known length in half the time."""
READ_SHARE_MIN = 5e-5
"""Below this share of the day's limit, what a request says is not even remembered."""
TEXT_SHARE_MIN = 5e-4
"""Below this share of the day's limit, what a request says is looked at only after one that bought nothing."""
_ERRORS_CALM_MICROS = 45 * 60_000_000
"""An error counts in full at once and nothing after 45 minutes."""
_ERROR_RATE_DOUBT = 2
"""A rate of few requests is drawn towards nothing, as if this many more had gone well."""


class Day(NamedTuple):
    """The tightest of the category's and the total's daily line; `taken_cents` is spent + debt + carried."""

    limit_cents: int
    taken_cents: int
    elapsed_ppm: int


class RiskFacts(NamedTuple):
    """Shares are of the day's limit, times are multiples of what is usual; `log_` marks a natural logarithm.

    `usual_share` is the most that is usual for the type: by the agent's own past, or by other agents' while it has
    none; 0 if neither is known.
    """

    share: float
    taken_share: float
    elapsed_share: float
    usual_share: float
    estimate_share: float
    pace: PaceNow
    kind: PaceNow
    burst_share: float
    hour_share: float
    limit_micros: int
    repeats: Repeats
    habit: float
    error_streak: float
    error_rate: float
    roi: float
    times_usual_roi: float
    approved: int
    log_above_own_claims: float
    claims_deviation: float
    first_type: bool
    sleeping: float


def measure(ask: Ask, pasts: Pasts, day: Day, at_micros: int, roi_p90_hundredths: int) -> RiskFacts:
    """Everything the factors need; changes nothing but from what amount on texts are remembered."""
    past = pasts.of(ask.agent_id) or _NEW
    cost, limit = ask.cost_micros, max(day.limit_cents, 1) * _MICROS_PER_CENT
    roi = ask.roi_hundredths
    pasts.read_from = limit * READ_SHARE_MIN
    pace = past.pace.at(at_micros)
    of_type = past.types.get(ask.request_type)
    kind = NO_PACE if of_type is None else of_type.at(at_micros)
    usual = kind.usual_amount
    if kind.hours < KNOWN_HOURS:
        usual = max(usual, pace.usual_amount, pasts.type_price(ask.request_type))
    repeats = NO_REPEATS
    if cost >= pasts.read_from and (cost > TEXT_SHARE_MIN * limit or at_micros - past.unpaid_at < WINDOW_MICROS):
        repeats = past.texts.repeats(read(ask.justification), cost, roi, ask.estimate_micros or 0, at_micros)
    calm = 0.0
    if past.errors:
        calm = min(1.0, max(0.0, 1 - (at_micros - past.error_at) / _ERRORS_CALM_MICROS))
    facts = (
        cost / limit,
        day.taken_cents * _MICROS_PER_CENT / limit,
        day.elapsed_ppm / 1_000_000,
        usual / limit,
        -1.0 if ask.estimate_micros is None else ask.estimate_micros / limit,
        pace,
        kind,
        (pace.micros + cost) / limit,
        (kind.micros + cost) / limit,
        limit,
        repeats,
        past.habit,
        past.error_streak * calm,
        past.errors / (past.decided + _ERROR_RATE_DOUBT) * calm,
        roi / 100,
        roi / roi_p90_hundredths,
        past.approved,
        math.log(roi) - past.claim_mean if roi > 0 else 0.0,
        past.claim_deviation,
        not kind.taught,
        past.sleeping(at_micros) if past.sleep or at_micros - past.last_at > SLEEP_MICROS else 0.0,
    )
    return _tuple(RiskFacts, facts)
