"""What the treasury goes by: limits, hurdle, how long things wait. Made from the settings by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from chimera.core.vocabulary import BudgetCategory, BudgetPeriod

BudgetLimits = Callable[[BudgetPeriod, BudgetCategory], Decimal]
"""The configured limit of a period and category, in USD, greater than zero."""

ESCALATION_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class SpendingPolicy:
    """`realised_roi_p90` is what nine in ten pieces stayed below, once numbers have come back."""

    limits: BudgetLimits
    hurdle_rate: Decimal
    escalation_life: timedelta = ESCALATION_LIFE
    realised_roi_p90: Decimal | None = None
