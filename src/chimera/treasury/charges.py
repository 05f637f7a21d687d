"""Which budget lines a request is charged to."""

from chimera.core.vocabulary import BudgetCategory, RequestType


def charged_categories(request_type: RequestType) -> frozenset[BudgetCategory]:
    """Its own category and `total`; `blockchain` has no category of its own and counts in `total` only."""
    if request_type is RequestType.BLOCKCHAIN:
        return frozenset({BudgetCategory.TOTAL})
    return frozenset({BudgetCategory(request_type.value), BudgetCategory.TOTAL})
