"""Which budget lines a request is charged to."""

from collections.abc import Iterable

from chimera.core.vocabulary import BudgetCategory, RequestType
from chimera.storage.records.budget_tracking import BudgetRecord


def charged_categories(request_type: RequestType) -> frozenset[BudgetCategory]:
    """Its own category and `total`; `blockchain` has no category of its own and counts in `total` only."""
    if request_type is RequestType.BLOCKCHAIN:
        return frozenset({BudgetCategory.TOTAL})
    return frozenset({BudgetCategory(request_type.value), BudgetCategory.TOTAL})


def charged_lines(request_type: RequestType, lines: Iterable[BudgetRecord]) -> tuple[BudgetRecord, ...]:
    """Those of `lines` the request is charged to, in the order given."""
    categories = charged_categories(request_type)
    return tuple(line for line in lines if line.category in categories)
