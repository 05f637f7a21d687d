"""Financial approval (specification section 3, `internal.agent.cfo.approve`) and the signed document behind it."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from chimera.contracts.contract import Contract, Number, Usd
from chimera.core.vocabulary import RequestType


class ApprovalRequest(Contract):
    """A request for money, in whole cents. Above $10,000 it is well-formed and refused; negative, zero, or with a third
    decimal, an error."""

    request_id: UUID
    agent_id: UUID
    request_type: RequestType
    request_cost: Annotated[Usd, Field(gt=0, max_digits=18, decimal_places=2)]
    projected_roi: Annotated[Number, Field(ge=0, max_digits=10, decimal_places=2)]
    justification: Annotated[str, Field(min_length=1, max_length=2000)]


class BudgetRemaining(Contract):
    """For each period the smaller of what its category and its total still hold."""

    daily: Usd
    weekly: Usd
    monthly: Usd


class Approval(Contract):
    """The CFO's decision; `approval_signature` is `0x` and 128 hex digits of Ed25519 over the signed document."""

    request_id: UUID
    approved: bool
    reason: str
    risk_score: Annotated[Number, Field(ge=0, le=1)]
    approval_signature: str
    budget_remaining: BudgetRemaining
    conditions: tuple[str, ...]
    execution_time_ms: Annotated[int, Field(ge=0)]


class SignedDecision(Contract):
    """A decision as it can be checked with nothing but the CFO's public key.

    `document` is the canonical JSON (RFC 8785) that was signed, `signature` is `0x` and 128 hex digits,
    `key_id` names the public key. The document's fields are listed in `security/decision_signature.py`.
    """

    tx_id: UUID
    document: str
    signature: str
    key_id: str
