"""A budget line as Redis shows it (specification section 4, `budget:{period}:{category}`)."""

from chimera.contracts.contract import Contract, Moment, Usd
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod


class BudgetState(Contract):
    period: BudgetPeriod
    category: BudgetCategory
    limit: Usd
    spent: Usd
    remaining: Usd
    last_updated: Moment
