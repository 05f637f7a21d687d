"""May this tool call be paid for? The CFO's signed approval, checked before anything starts. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from nacl.signing import VerifyKey

from chimera.contracts.approval import SignedDecision
from chimera.core.errors import ApprovalExpired, BudgetExceeded, Detail, InvalidSignature
from chimera.core.vocabulary import Decision
from chimera.security.decision_signature import read_verified

_APPROVING_KINDS = frozenset({None, "decision", "human"})
"""A document of before there were kinds names none: it is a decision."""


@dataclass(frozen=True, slots=True)
class Permit:
    """An approval as it is used: for this request of this agent, with so much of it spent already.

    `usd_per_cpu_second` is what local work under it costs.
    """

    approval: SignedDecision
    request_id: UUID
    agent_id: UUID
    spent_usd: Decimal = Decimal(0)
    usd_per_cpu_second: Decimal = Decimal(0)

    def after(self, cost_usd: Decimal) -> "Permit":
        """The permit once `cost_usd` more was spent under it."""
        return replace(self, spent_usd=self.spent_usd + cost_usd)


def check_permit(permit: Permit, public_key: VerifyKey, now: datetime) -> Decimal:
    """What is left of the approved amount, in USD, more than zero.

    Raises:
        InvalidSignature: not signed by the CFO, not an approval, or given for another request or agent.
        ApprovalExpired: it was a hold, and its time is over.
        BudgetExceeded: the approved amount is spent.
    """
    fields = read_verified(permit.approval, public_key)
    if fields.get("kind") not in _APPROVING_KINDS or fields.get("decision") != Decision.APPROVED:
        raise InvalidSignature(
            f"the CFO's decision {permit.approval.tx_id} is no approval: ask for a new one",
            {"decision": str(fields.get("decision"))},
        )
    _same(fields, "request_id", permit.request_id)
    _same(fields, "agent_id", permit.agent_id)
    _holds(fields, now)
    approved_usd = _amount(fields)
    if permit.spent_usd >= approved_usd:
        raise BudgetExceeded(
            f"the approved ${approved_usd} is spent: ask the CFO for more",
            {"requested": float(permit.spent_usd), "remaining": 0.0, "approved": float(approved_usd)},
        )
    return approved_usd - permit.spent_usd


def _same(fields: Mapping[str, Detail], name: str, expected: UUID) -> None:
    if fields.get(name) != str(expected):
        raise InvalidSignature(
            f"the approval was given for another {name.removesuffix('_id')}: ask the CFO for one of your own",
            {name: str(fields.get(name)), "expected": str(expected)},
        )


def hold_expires_at(fields: Mapping[str, Detail]) -> datetime | None:
    """Until when the approval holds; None where it is no hold and so never runs out.

    Raises:
        InvalidSignature: the document names no moment in time there.
    """
    text = fields.get("hold_expires_at")
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise InvalidSignature("the approval's end can't be read: ask the CFO for a new one") from error
    if moment.tzinfo is None:
        raise InvalidSignature("the approval's end names no time zone: ask the CFO for a new one")
    return moment


def _holds(fields: Mapping[str, Detail], now: datetime) -> None:
    expires_at = hold_expires_at(fields)
    if expires_at is not None and now >= expires_at:
        raise ApprovalExpired(
            f"the approval held until {expires_at:%Y-%m-%d %H:%M:%S} UTC: ask the CFO for a new one",
            {"hold_expires_at": expires_at.isoformat()},
        )


def _amount(fields: Mapping[str, Detail]) -> Decimal:
    text = fields.get("amount")
    if not isinstance(text, str):
        raise InvalidSignature("the approval names no amount: ask the CFO for a new one")
    try:
        amount = Decimal(text)
    except ArithmeticError as error:
        raise InvalidSignature("the approval's amount can't be read: ask the CFO for a new one") from error
    if not amount.is_finite():
        raise InvalidSignature("the approval's amount is not finite: ask the CFO for a new one")
    return amount
