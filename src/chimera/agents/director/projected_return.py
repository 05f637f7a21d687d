"""The projected return a spend is asked for with: an open formula on stated priors, none of them measured here.

    expected_views = VIEWS_PRIOR * clamp(0.5 + rising_velocity / 4, 0.5, 2)
    value_usd      = expected_views * projected_engagement * ENGAGEMENT_VALUE_USD
    projected_roi  = value_usd / estimated_cost, two decimals, cut, at most 99

The CFO treats the figure as the spender's claim, not as a fact.
"""

from decimal import ROUND_DOWN, Decimal
from typing import Annotated

from pydantic import Field

from chimera.contracts.contract import Contract, Number, Usd

VIEWS_PRIOR = Decimal(150)
"""Views a short piece of a small channel is assumed to reach. Prior, not measured: channels differ by a hundredfold."""
ENGAGEMENT_VALUE_USD = Decimal("0.01")
"""A like, comment or share at the low end of what one costs when bought as an advertisement. Prior, not measured."""
ROI_MAX = Decimal(99)

_FACTOR_MIN = Decimal("0.5")
_FACTOR_MAX = Decimal(2)


class ProjectedReturn(Contract):
    """Every figure of the formula, so that the claim can be recomputed and disputed."""

    projected_roi: Annotated[Number, Field(ge=0, le=ROI_MAX)]
    expected_views: Annotated[Number, Field(ge=0)]
    projected_engagement: Annotated[Number, Field(ge=0, le=1)]
    engagement_value_usd: Usd
    value_usd: Usd
    explanation: str


def projected_return(rising_velocity: Decimal, engagement: Decimal, estimated_cost_usd: Decimal) -> ProjectedReturn:
    """What a piece on a trend of that velocity (0 to 10) is expected to be worth for its cost (above 0 USD).

    Raises:
        ValueError: the cost is not above zero.
    """
    if estimated_cost_usd <= 0:
        raise ValueError("a return is projected on a cost above zero")
    factor = min(_FACTOR_MAX, max(_FACTOR_MIN, _FACTOR_MIN + rising_velocity / 4))
    views = (VIEWS_PRIOR * factor).quantize(Decimal("0.1"))
    value_usd = (views * engagement * ENGAGEMENT_VALUE_USD).quantize(Decimal("0.000001"))
    roi = min(ROI_MAX, (value_usd / estimated_cost_usd).quantize(Decimal("0.01"), rounding=ROUND_DOWN))
    return ProjectedReturn(
        projected_roi=roi,
        expected_views=views,
        projected_engagement=engagement,
        engagement_value_usd=ENGAGEMENT_VALUE_USD,
        value_usd=value_usd,
        explanation=(
            f"{views} views (prior {VIEWS_PRIOR} x {factor} for velocity {rising_velocity}) x {engagement} engagements "
            f"a view x ${ENGAGEMENT_VALUE_USD} each, over ${estimated_cost_usd}: priors, not measured"
        ),
    )
