"""A request that waits for a person, and what became of it (`chimera approvals`, `/v1/approvals`)."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chimera.contracts.approval import Approval
from chimera.contracts.contract import Contract, Moment, Number, Usd
from chimera.core.vocabulary import RequestType

EscalationState = Literal["waiting", "approved", "rejected", "expired"]


class ScoredFactor(Contract):
    """One factor of the signed risk score; `value` is what was measured, None in decisions older than it."""

    code: str
    points: Number
    value: str | None


class Escalation(Contract):
    """`tx_id` is the escalated decision's. What was answered is None while it waits; an expired one has an
    `answered_at` and nobody who answered. `approval` is the answer's signed decision."""

    tx_id: UUID
    request_id: UUID
    agent_id: UUID
    request_type: RequestType
    request_cost: Usd
    projected_roi: Number
    risk_score: Annotated[Number, Field(ge=0, le=1)]
    risk_factors: tuple[ScoredFactor, ...]
    reason: str
    justification: str
    asked_at: Moment
    expires_at: Moment
    state: EscalationState
    answered_by: str | None
    answer_reason: str | None
    answered_at: Moment | None
    approved_usd: Usd | None
    approval: Approval | None
