"""Projected engagement: published medians as a Beta prior, moved by this studio's own measured history."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

PLATFORM_MEDIANS = {"youtube": Decimal("0.0306"), "tiktok": Decimal("0.055")}
"""(likes+comments+shares)/views, published medians: YouTube 3.06%, TikTok 5.5%. Priors, not measured here."""
OTHER_PLATFORM_MEDIAN = Decimal("0.0306")
"""For platforms without a figure of their own the lower of the two is taken."""
PRIOR_VIEWS = 1_000
"""How many views of history weigh as much as the prior."""


@dataclass(frozen=True, slots=True)
class EngagementHistory:
    """Views of the studio's own pieces, and the likes, comments and shares they brought."""

    views: int = 0
    engagements: int = 0


def projected_engagement(target_platforms: Sequence[str], history: EngagementHistory) -> Decimal:
    """The posterior mean of engagements per view, four decimals.

    Prior Beta(m * 1000, (1 - m) * 1000) with m the mean of the target platforms' medians; the data are the
    history's views. No other factor is applied: none has been measured.
    """
    medians = [PLATFORM_MEDIANS.get(platform, OTHER_PLATFORM_MEDIAN) for platform in target_platforms]
    mean = sum(medians, Decimal(0)) / len(medians) if medians else OTHER_PLATFORM_MEDIAN
    views = max(0, history.views)
    engagements = min(max(0, history.engagements), views)
    posterior = (mean * PRIOR_VIEWS + engagements) / (PRIOR_VIEWS + views)
    return posterior.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
