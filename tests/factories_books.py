"""A treasury in memory."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from chimera.contracts.approval import Approval, ApprovalRequest, BudgetRemaining, SignedDecision
from chimera.contracts.escalation import Escalation
from chimera.core.clock import FixedClock
from chimera.core.errors import Conflict, NotFound

LEFT = BudgetRemaining(daily=Decimal(900), weekly=Decimal(900), monthly=Decimal(900))


@dataclass
class MemoryBooks:
    clock: FixedClock
    escalates: bool = False
    paused: bool = False
    rows: dict[UUID, list[tuple[str, Decimal]]] = field(default_factory=dict)
    asked: dict[UUID, tuple[UUID, ApprovalRequest, str, datetime | None]] = field(default_factory=dict)
    state: dict[UUID, Any] = field(default_factory=dict)
    begun: set[UUID] = field(default_factory=set)

    async def decide(
        self, request: ApprovalRequest, *, estimate_usd: Decimal | None = None, hold_for: timedelta | None = None
    ) -> Approval:
        rid = request.request_id
        if rid not in self.asked:
            decision = "rejected" if self.paused else "escalated" if self.escalates else "approved"
            self.asked[rid] = (uuid4(), request, decision, self.clock.now() + hold_for if hold_for else None)
            self.rows[rid] = [(decision, request.request_cost)]
            if decision == "escalated":
                self.state[self.asked[rid][0]] = ("waiting", None, None)
        return self._approval(rid, self.asked[rid][2])

    def _approval(self, rid: UUID, decision: str) -> Approval:
        tx = self.asked[rid][0]
        return Approval(
            request_id=rid,
            approved=decision == "approved",
            reason="Spending is paused: x" if self.paused else "ok",
            risk_score=Decimal("0.1"),
            approval_signature="0x" + "0" * 128,
            budget_remaining=LEFT,
            conditions=(f"ESCALATED:{tx}",) if decision == "escalated" else (),
            execution_time_ms=1,
        )

    def closed(self, rid: UUID) -> tuple[str, Decimal] | None:
        return next((row for row in self.rows[rid] if row[0] in {"settle", "void", "expire"}), None)

    async def begin_spending(self, rid: UUID) -> None:
        if self.closed(rid):
            raise Conflict("closed")
        self.begun.add(rid)

    async def settle(self, rid: UUID, actual_usd: Decimal) -> object:
        if done := self.closed(rid):
            if done != ("settle", actual_usd):
                raise Conflict("closed otherwise")
            return None
        self.rows[rid].append(("settle", actual_usd))
        return None

    async def void(self, rid: UUID, reason: str) -> object:
        if self.closed(rid):
            raise Conflict("closed")
        self.rows[rid].append(("void", Decimal(0)))
        return None

    async def signed_decision(self, rid: UUID) -> SignedDecision:
        if rid not in self.asked:
            raise NotFound("never")
        tx, _, decision, until = self.asked[rid]
        fields = {"decision": decision, "tx_id": str(tx)}
        if tx in self.state and self.state[tx][0] != "waiting":
            fields["decision"] = "approved" if self.state[tx][0] == "approved" else "rejected"
        if until and fields["decision"] == "approved":
            fields["hold_expires_at"] = until.isoformat()
        return SignedDecision(
            tx_id=tx, document=json.dumps(fields, sort_keys=True, separators=(",", ":")), signature="x", key_id="k"
        )

    async def escalation(self, tx_id: UUID) -> Escalation:
        rid, (_, request, _, _) = next((r, a) for r, a in self.asked.items() if a[0] == tx_id)
        state, amount, why = self.state[tx_id]
        answered = state != "waiting"
        return Escalation(
            tx_id=tx_id,
            request_id=rid,
            agent_id=request.agent_id,
            request_type=request.request_type,
            request_cost=request.request_cost,
            projected_roi=request.projected_roi,
            risk_score=Decimal("0.8"),
            risk_factors=(),
            reason="risky",
            justification="x",
            asked_at=self.clock.now(),
            expires_at=self.clock.now() + timedelta(days=1),
            state=state,
            answered_by="ada" if answered else None,
            answer_reason=why,
            answered_at=self.clock.now() if answered else None,
            approved_usd=amount,
            approval=self._approval(rid, "approved" if state == "approved" else "rejected") if answered else None,
        )

    async def answer(
        self, tx_id: UUID, *, by: str, approve: bool, reason: str, amount_usd: Decimal | None = None
    ) -> None:
        request = (await self.escalation(tx_id)).request_cost
        self.state[tx_id] = ("approved", amount_usd or request, reason) if approve else ("rejected", None, reason)

    async def sweep(self) -> int:
        for rid, (_, _, decision, until) in self.asked.items():
            if (
                decision == "approved"
                and until
                and until <= self.clock.now()
                and rid not in self.begun
                and not self.closed(rid)
            ):
                self.rows[rid].append(("expire", Decimal(0)))
        return 0
