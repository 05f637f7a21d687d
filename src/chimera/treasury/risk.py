"""The risk of a request: a logistic scorecard whose every point is shown and signed with the decision."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from chimera.treasury.ask import Ask
from chimera.treasury.past import Pasts


class RiskCode(StrEnum):
    """Why a request carries risk."""

    AMOUNT_SHARE = "AMOUNT_SHARE"
    AMOUNT_HISTORY = "AMOUNT_HISTORY"
    TYPE_PRICE = "TYPE_PRICE"
    ABOVE_ESTIMATE = "ABOVE_ESTIMATE"
    BURST_MINUTE = "BURST_MINUTE"
    BURST_HOUR = "BURST_HOUR"
    BURN_RATE = "BURN_RATE"
    ERROR_RATE = "ERROR_RATE"
    ROI_CLAIM = "ROI_CLAIM"
    ROI_HISTORY = "ROI_HISTORY"
    DUPLICATE = "DUPLICATE"
    SPLIT = "SPLIT"
    FIRST_USE = "FIRST_USE"
    SLEEPER = "SLEEPER"


class Day(NamedTuple):
    """The tightest of the category's and the total's daily line; `taken_cents` is spent + debt + carried."""

    limit_cents: int
    taken_cents: int
    elapsed_ppm: int


@dataclass(frozen=True, slots=True)
class RiskPolicy:
    """`realised_roi_p90_hundredths` is None until numbers come back; then a documented prior is used."""

    hurdle_hundredths: int
    realised_roi_p90_hundredths: int | None = None


class RiskFactor(NamedTuple):
    """`points` are hundredths of a logit; `value` is the measured input for people."""

    code: str
    points: int
    value: str


class RiskScore(NamedTuple):
    """`hundredths` from 0 to 100; `factors` are those with points, heaviest first."""

    hundredths: int
    factors: tuple[RiskFactor, ...]


def weigh(ask: Ask, pasts: Pasts, day: Day, at_micros: int, policy: RiskPolicy) -> RiskScore:
    """The scorecard's verdict on a request; changes nothing."""
    raise NotImplementedError
