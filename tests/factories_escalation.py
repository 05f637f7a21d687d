"""Escalations as the treasury tells of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

from chimera.contracts.approval import Approval, BudgetRemaining
from chimera.contracts.escalation import Escalation
from chimera.core.vocabulary import RequestType

ASKED_AT = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
TX, REQUEST = UUID(int=11), UUID(int=12)
State = Literal["waiting", "approved", "rejected", "expired"]


def make_escalation(state: State = "waiting", *, approved: str = "5.00", why: str | None = "go on") -> Escalation:
    """A request for $5.00, open for a day."""
    answered = state != "waiting"
    return Escalation(
        tx_id=TX,
        request_id=REQUEST,
        agent_id=UUID(int=13),
        request_type=RequestType.COMPUTE,
        request_cost=Decimal("5.00"),
        projected_roi=Decimal("2.5"),
        risk_score=Decimal("0.82"),
        risk_factors=(),
        reason="Risk 0.82 is above 0.7",
        justification="Produce the video",
        asked_at=ASKED_AT,
        expires_at=ASKED_AT + timedelta(days=1),
        state=state,
        answered_by="ada" if state in {"approved", "rejected"} else None,
        answer_reason=why if answered else None,
        answered_at=ASKED_AT + timedelta(minutes=5) if answered else None,
        approved_usd=Decimal(approved) if state == "approved" else None,
        approval=make_approval(approved=state == "approved") if answered else None,
    )


def make_approval(*, approved: bool) -> Approval:
    """An answer of the CFO with nothing special about it."""
    left = BudgetRemaining(daily=Decimal(995), weekly=Decimal(4995), monthly=Decimal(19995))
    return Approval(
        request_id=REQUEST,
        approved=approved,
        reason="go on",
        risk_score=Decimal("0.82"),
        approval_signature="0x" + "0" * 128,
        budget_remaining=left,
        conditions=(),
        execution_time_ms=1,
    )
