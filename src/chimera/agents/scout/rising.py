"""How much more than expected: the baseline's expectation, the velocity and the significance; pure arithmetic."""

from decimal import ROUND_FLOOR, Decimal

import numpy as np
from numpy.typing import NDArray

from chimera.core.limits import VELOCITY_MAX, VELOCITY_MIN

Numbers = NDArray[np.float64]

CONFIDENCE_Z = 1.645
"""One-sided 95%."""
CONTINUITY = 0.5
"""Added to each Poisson count (Haldane's correction), so that nothing seen before is not infinitely surprising."""
EWMA_WEIGHT = 0.25
BIAS_MENTIONS = 1.5
"""SigniTrend's bias (Schubert, Weiler, Kriegel, KDD 2014): below this many mentions no mean is believed."""
EXPECTED_FLOOR = 1.0
"""`ratio` never divides by less than one expected mention."""


def expected_mentions(same_time: Numbers, same_time_posts: float, all_before: Numbers, shares: "PostCounts") -> Numbers:
    """Mentions the window would hold at the baseline's rate, by the rate at the same time of day.

    Where the same time of day holds little, the rate of the whole baseline stands in: it counts as one window of
    posts (a Gamma prior). Both rates are per post, so a busy day expects more of everything.
    """
    overall = all_before / max(shares.baseline, 1.0)
    prior = shares.window
    rate = (same_time + prior * overall) / max(same_time_posts + prior, 1.0)
    expected: Numbers = rate * shares.window
    return expected


class PostCounts:
    """Deduplicated posts in the window and in its baseline."""

    __slots__ = ("baseline", "window")

    def __init__(self, window: float, baseline: float) -> None:
        self.window = window
        self.baseline = baseline


def lower_doublings(observed: Numbers, expected: Numbers, counts: PostCounts) -> Numbers:
    """The lower 95% confidence bound of log2(observed / expected), before clipping.

    The log of a ratio of two Poisson rates is about normal with variance 1/a + 1/b; b is what the baseline saw,
    so a short baseline widens the bound by itself. Never falls when `observed` rises.
    """
    window, baseline = max(counts.window, 1.0), max(counts.baseline, 1.0)
    a = observed + CONTINUITY
    b = expected * baseline / window + CONTINUITY
    estimate = np.log(a / window) - np.log(b / baseline)
    bound: Numbers = (estimate - CONFIDENCE_Z * np.sqrt(1 / a + 1 / b)) / np.log(2)
    return bound


def velocity(doublings: float) -> Decimal:
    """`rising_velocity`: clipped to 0..10, rounded down to two decimals."""
    clipped = min(max(Decimal(repr(float(doublings))), VELOCITY_MIN), VELOCITY_MAX)
    return clipped.quantize(Decimal("0.01"), ROUND_FLOOR)


def velocity_of(mentions: int, expected: float, counts: PostCounts) -> Decimal:
    """The velocity of one topic."""
    return velocity(float(lower_doublings(np.array([float(mentions)]), np.array([expected]), counts)[0]))


def significance(observed: Numbers, slots: Numbers) -> Numbers:
    """Standard deviations above the exponentially weighted mean of earlier slots, with a bias against rare terms.

    `slots` holds one row a term, oldest slot first, each already scaled to the window's number of posts. Counts vary
    at least as Poisson ones do.
    """
    mean = slots[:, 0].copy() if slots.shape[1] else np.zeros(len(observed))
    variance = np.zeros(len(observed))
    for column in slots.T[1:]:
        difference = column - mean
        mean += EWMA_WEIGHT * difference
        variance = (1 - EWMA_WEIGHT) * (variance + EWMA_WEIGHT * difference**2)
    spread = np.sqrt(np.maximum(variance, mean)) + BIAS_MENTIONS
    return (observed - np.maximum(mean, BIAS_MENTIONS)) / spread


def ratio(mentions: int, expected: Decimal) -> Decimal:
    """Mentions over expected, with a floor of one expected mention."""
    return (Decimal(mentions) / max(expected, Decimal(str(EXPECTED_FLOOR)))).quantize(Decimal("0.1"))
