"""From a decision to its signed document and ledger row, and from the row back to the answer; pure.

Whatever is answered is read from the document, so that a repeated request gets the identical answer.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from nacl.signing import SigningKey

from chimera.contracts.approval import Approval, ApprovalRequest, BudgetRemaining, SignedDecision
from chimera.core.errors import Detail
from chimera.core.money import cents_up, micros_from_usd
from chimera.core.vocabulary import Decision
from chimera.security.decision_signature import canonical, key_id_of, read_document, sign
from chimera.storage.records.ledger import LedgerRecord
from chimera.treasury.amounts import decimal_text, usd_text
from chimera.treasury.decision import Verdict
from chimera.treasury.risk import RiskScore

KIND_DECISION = "decision"
CURRENCY = "USD"
ESCALATED_PREFIX = "ESCALATED:"
REQUEST_FIELDS = ("request_id", "agent_id", "request_type", "amount", "projected_roi", "justification")


@dataclass(frozen=True, slots=True)
class Position:
    """Where and when a decision enters the ledger, and which CFO agent made it."""

    seq: int
    tx_id: UUID
    decided_at: datetime
    cfo_agent_id: UUID


@dataclass(frozen=True, slots=True)
class Seal:
    """What a row holds beside its fields: the exact signed text, its signature, and the time the decision took."""

    document: str
    signature: str
    key_id: str
    execution_time_ms: int


def request_document(request: ApprovalRequest) -> dict[str, Detail]:
    """The request's part of the document; equal numbers have equal text (2.5 and 2.50)."""
    return {
        "request_id": str(request.request_id),
        "agent_id": str(request.agent_id),
        "request_type": request.request_type.value,
        "amount": usd_text(request.request_cost),
        "projected_roi": decimal_text(request.projected_roi),
        "justification": request.justification,
    }


def request_hash(fields: Mapping[str, Detail]) -> str:
    """SHA-256 (hex) over the canonical text of a document's request part."""
    return hashlib.sha256(canonical({name: fields[name] for name in REQUEST_FIELDS}).encode()).hexdigest()


def decision_document(
    request: ApprovalRequest, verdict: Verdict, risk: RiskScore, position: Position
) -> dict[str, Detail]:
    """Every field that is signed; their list stands in `security/decision_signature.py`."""
    escalated = verdict.decision is Decision.ESCALATED
    return {
        **request_document(request),
        "tx_id": str(position.tx_id),
        "seq": position.seq,
        "decision": verdict.decision.value,
        "reason": verdict.reason,
        "reason_code": verdict.reason_code.value,
        "risk_score": f"{risk.score:.2f}",
        "risk_factors": [{"code": factor.code.value, "points": f"{factor.points:.2f}"} for factor in risk.factors],
        "budget_remaining": {
            "daily": usd_text(verdict.remaining.daily),
            "weekly": usd_text(verdict.remaining.weekly),
            "monthly": usd_text(verdict.remaining.monthly),
        },
        "conditions": [f"{ESCALATED_PREFIX}{position.tx_id}"] if escalated else [],
        "cfo_agent_id": str(position.cfo_agent_id),
        "decided_at": position.decided_at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
    }


def signed_record(fields: Mapping[str, Detail], key: SigningKey, execution_time_ms: int) -> LedgerRecord:
    """The row that enters the ledger: the document, signed."""
    document = canonical(fields)
    seal = Seal(document, sign(document, key), key_id_of(key.verify_key), execution_time_ms)
    return record_of(fields, seal)


def record_of(fields: Mapping[str, Detail], seal: Seal) -> LedgerRecord:
    """The row of a document: every column but the seal's follows from the fields.

    Raises:
        KeyError, ValueError, ArithmeticError: a field is missing or of another form.
    """
    amount = Decimal(str(fields["amount"]))
    decided_at = datetime.fromisoformat(str(fields["decided_at"]))
    approved = fields["decision"] == Decision.APPROVED
    return LedgerRecord(
        seq=int(str(fields["seq"])),
        tx_id=UUID(str(fields["tx_id"])),
        request_id=UUID(str(fields["request_id"])),
        request_hash=request_hash(fields),
        kind=KIND_DECISION,
        agent_id=UUID(str(fields["agent_id"])),
        request_type=str(fields["request_type"]),
        amount=cents_up(amount),
        amount_micros=micros_from_usd(amount),
        currency=CURRENCY,
        projected_roi=Decimal(str(fields["projected_roi"])),
        risk_score=Decimal(str(fields["risk_score"])),
        decision=str(fields["decision"]),
        approved=approved,
        reason_code=str(fields["reason_code"]),
        parent_tx=None,
        approval_signature=seal.signature,
        key_id=seal.key_id,
        document=seal.document,
        cfo_agent_id=UUID(str(fields["cfo_agent_id"])),
        justification=str(fields["justification"]),
        execution_time_ms=seal.execution_time_ms,
        created_at=decided_at,
        approved_at=decided_at if approved else None,
    )


def approval_of(record: LedgerRecord) -> Approval:
    """The answer to the request, read from the row's document."""
    fields = read_document(record.document)
    return Approval.model_validate(
        {
            "request_id": fields["request_id"],
            "approved": fields["decision"] == Decision.APPROVED,
            "reason": fields["reason"],
            "risk_score": fields["risk_score"],
            "approval_signature": record.approval_signature,
            "budget_remaining": BudgetRemaining.model_validate(fields["budget_remaining"]),
            "conditions": fields["conditions"],
            "execution_time_ms": record.execution_time_ms,
        }
    )


def signed_decision_of(record: LedgerRecord) -> SignedDecision:
    """The row's document and signature, as it is checked with nothing but the public key."""
    return SignedDecision(
        tx_id=record.tx_id,
        document=record.document,
        signature=record.approval_signature,
        key_id=record.key_id,
    )
