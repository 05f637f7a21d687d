"""An escalated request for money, from its asking to a person's answer."""

from decimal import Decimal
from typing import Literal
from uuid import UUID

from chimera.contracts.approval import Approval
from chimera.contracts.contract import Contract, Moment, Number, Usd
from chimera.core.vocabulary import RequestType


class Escalation(Contract):
    """A stand-in until the treasury's own is there."""

    tx_id: UUID
    request_id: UUID
    agent_id: UUID
    request_type: RequestType
    request_cost: Usd
    projected_roi: Number
    risk_score: Number
    risk_factors: tuple[dict[str, str], ...]
    reason: str
    justification: str
    asked_at: Moment
    expires_at: Moment
    state: Literal["waiting", "approved", "rejected", "expired"]
    answered_by: str | None
    answer_reason: str | None
    answered_at: Moment | None
    approved_usd: Decimal | None
    approval: Approval | None
