"""Whether spending is paused, what is held, what was overspent; read without the CFO's key."""

from datetime import datetime

from chimera.contracts.spending import Spending
from chimera.storage.database import Connection
from chimera.storage.records import ledger, spend_hold
from chimera.treasury.amounts import usd_of_cents
from chimera.treasury.budgets import read_budgets
from chimera.treasury.policy import BudgetLimits


async def read_spending(connection: Connection, limits: BudgetLimits, at: datetime) -> Spending:
    """As it stands at `at`."""
    head = await ledger.head(connection)
    pause = None if head is None or head.paused_by is None else await ledger.get(connection, head.paused_by)
    holds, held_cents = await spend_hold.total(connection)
    lines = await read_budgets(connection, limits, at)
    return Spending(
        paused=pause is not None,
        paused_at=None if pause is None else pause.created_at,
        paused_by=None if pause is None else str(pause.payload["by"]),
        reason=None if pause is None else str(pause.payload["reason"]),
        open_holds=holds,
        held_usd=usd_of_cents(held_cents),
        debt_usd=max(line.debt_amount + line.carried_amount for line in lines),
    )
