"""Whom the rest of Chimera asks for money: the treasury itself, or the one that holds the key, over HTTP."""

from datetime import timedelta
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from nacl.signing import VerifyKey

from chimera.contracts.approval import Approval, ApprovalRequest, SignedDecision
from chimera.contracts.budget import BudgetState
from chimera.contracts.escalation import Escalation
from chimera.contracts.ledger import LedgerEntry


class Treasurer(Protocol):
    """Decides about money and keeps the holds; every method may be repeated after a lost answer."""

    public_key: VerifyKey

    async def decide(
        self, request: ApprovalRequest, *, estimate_usd: Decimal | None = None, hold_for: timedelta | None = None
    ) -> Approval:
        """The signed decision on a request; a repeated one is answered again."""
        ...

    async def begin_spending(self, request_id: UUID) -> None:
        """From here on the hold never expires: what it pays for may have happened."""
        ...

    async def settle(self, request_id: UUID, actual_usd: Decimal) -> LedgerEntry:
        """The hold is over: this much was spent."""
        ...

    async def void(self, request_id: UUID, reason: str) -> LedgerEntry:
        """The hold is over: nothing was spent."""
        ...

    async def signed_decision(self, request_id: UUID) -> SignedDecision:
        """The decision on a request as anybody can check it."""
        ...

    async def signed_decision_of_tx(self, tx_id: UUID) -> SignedDecision:
        """The signed document of a transaction."""
        ...

    async def budgets(self) -> tuple[BudgetState, ...]:
        """Every current budget line."""
        ...

    async def escalation(self, tx_id: UUID) -> Escalation:
        """An escalated request and what became of it."""
        ...
