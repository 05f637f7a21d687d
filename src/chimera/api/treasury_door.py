"""What the treasury's routes are given: the treasury itself, and the gate that knows who asks."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from chimera.contracts.approval import Approval
from chimera.contracts.escalation import Escalation
from chimera.contracts.ledger import LedgerEntry
from chimera.security.gate import Gate
from chimera.treasury.treasurer import Treasurer


class OpenTreasury(Treasurer, Protocol):
    """A treasury with its books open, and its door for people's answers."""

    async def answer(
        self, tx_id: UUID, *, by: str, approve: bool, reason: str, amount_usd: Decimal | None = None
    ) -> Approval: ...

    async def escalations(self, limit: int) -> tuple[Escalation, ...]: ...

    async def entries(self, limit: int, before_seq: int | None = None) -> tuple[LedgerEntry, ...]: ...


@dataclass(frozen=True, slots=True)
class TreasuryDoor:
    """Opened only where the CFO's key is."""

    treasury: OpenTreasury
    gate: Gate
