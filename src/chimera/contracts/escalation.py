"""A request that waits for a person, and what became of it."""

from typing import Literal
from uuid import UUID

from chimera.contracts.approval import Approval
from chimera.contracts.contract import Contract, Moment, Number, Usd


class Escalation(Contract):
    """An escalated request; `approval` is the signed answer, once there is one."""

    tx_id: UUID
    request_id: UUID
    agent_id: UUID
    request_type: str
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
    approved_usd: Usd | None
    approval: Approval | None
