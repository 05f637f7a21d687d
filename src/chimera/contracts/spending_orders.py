"""What the treasury's HTTP routes take and answer beside section 3's own JSON."""

from typing import Annotated

from pydantic import AfterValidator, Field, StrictBool

from chimera.contracts.budget import BudgetState
from chimera.contracts.contract import Contract, Usd
from chimera.contracts.escalation import Escalation
from chimera.contracts.ledger import LedgerEntry

Amount = Annotated[Usd, Field(gt=0, max_digits=18, decimal_places=6)]
Reason = Annotated[str, Field(min_length=1, max_length=2000)]


def _printable(name: str) -> str:
    if not name.isprintable() or name != name.strip():
        raise ValueError("must be printable characters on one line")
    return name


PersonName = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_printable)]


class HoldTerms(Contract):
    """How a request is to be decided: what the price book expected, and how long the approval is to be held."""

    estimate_usd: Annotated[Usd, Field(ge=0, max_digits=18, decimal_places=6)] | None = None
    hold_seconds: Annotated[int, Field(ge=1, le=31 * 86_400)] | None = None


class Settlement(Contract):
    """What a hold's effect really cost."""

    actual_usd: Amount


class Voiding(Contract):
    """Why nothing was spent of a hold."""

    reason: Reason


class EscalationAnswer(Contract):
    """A person's answer to an escalated request; `amount` approves less than was asked, `by` tells who it is."""

    approve: StrictBool
    reason: Annotated[str, Field(max_length=2000)] = ""
    amount: Amount | None = None
    by: PersonName | None = None


class LedgerPage(Contract):
    """Rows of the ledger, newest first; `next_cursor` asks for the older ones behind them."""

    entries: tuple[LedgerEntry, ...]
    next_cursor: str | None


class BudgetList(Contract):
    """Every current budget line."""

    budgets: tuple[BudgetState, ...]


class EscalationList(Contract):
    """Escalated requests: those that wait first, oldest first, then the newest answered; `next_cursor` asks for those
    behind them."""

    approvals: tuple[Escalation, ...]
    next_cursor: str | None = None
