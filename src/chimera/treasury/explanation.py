"""A ledger row explained from its signed payload alone; pure."""

from collections.abc import Mapping

from chimera.contracts.explanation import Explanation
from chimera.core.errors import Detail


def explain(payload: Mapping[str, Detail]) -> Explanation:
    """The rule that decided, its inputs, each risk factor with its meaning, and the row's effect on the budgets."""
    raise NotImplementedError
