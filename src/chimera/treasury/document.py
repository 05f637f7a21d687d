"""From a decision to its signed document and ledger row, and from the row back to the answer; pure.

Whatever is answered is read from the document, so that a repeated request gets the identical answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from nacl.signing import SigningKey

from chimera.contracts.approval import Approval, ApprovalRequest, BudgetRemaining, SignedDecision
from chimera.contracts.ledger import LedgerEntry
from chimera.core.errors import Detail
from chimera.core.vocabulary import Decision
from chimera.security.decision_signature import canonical, key_id_of, sign
from chimera.storage.records.ledger import LedgerRecord
from chimera.treasury.amounts import decimal_text, usd_text
from chimera.treasury.columns import KIND_DECISION, columns_of
from chimera.treasury.decision import Verdict
from chimera.treasury.merkle import leaf_data, leaf_hash
from chimera.treasury.risk import RiskScore

ESCALATED_PREFIX = "ESCALATED:"
_ENTRY_TEXTS = frozenset({"document", "leaf_hash"})


@dataclass(frozen=True, slots=True)
class Position:
    """Where and when a decision enters the ledger, and which CFO agent made it."""

    seq: int
    tx_id: UUID
    decided_at: datetime
    cfo_agent_id: UUID


@dataclass(frozen=True, slots=True)
class Seal:
    """What a row holds beside its document: the signature, the leaf of both, and the time the decision took."""

    signature: str
    key_id: str
    leaf_hash: bytes
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


def decision_document(
    request: ApprovalRequest, verdict: Verdict, risk: RiskScore, position: Position
) -> dict[str, Detail]:
    """Every field that is signed; their list stands in `security/decision_signature.py`."""
    escalated = verdict.decision is Decision.ESCALATED
    return {
        **request_document(request),
        "kind": KIND_DECISION,
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
    signature = sign(document, key)
    leaf = leaf_hash(leaf_data(document, signature))
    return record_of(fields, Seal(signature, key_id_of(key.verify_key), leaf, execution_time_ms))


def record_of(fields: Mapping[str, Detail], seal: Seal) -> LedgerRecord:
    """The row of a document of any kind: every column but the seal's follows from the fields.

    Raises:
        KeyError, ValueError, ArithmeticError: a field is missing or of another form.
    """
    columns = columns_of(fields)
    return LedgerRecord(
        seq=int(str(fields["seq"])),
        tx_id=UUID(columns.tx_id),
        request_id=UUID(columns.request_id),
        request_hash=columns.request_hash,
        kind=columns.kind,
        agent_id=UUID(columns.agent_id),
        request_type=columns.request_type,
        amount=Decimal(columns.amount),
        amount_micros=columns.amount_micros,
        currency=columns.currency,
        projected_roi=None if columns.projected_roi is None else Decimal(columns.projected_roi),
        risk_score=None if columns.risk_score is None else Decimal(columns.risk_score),
        decision=columns.decision,
        approved=columns.approved,
        reason_code=columns.reason_code,
        parent_tx=None if columns.parent_tx is None else UUID(columns.parent_tx),
        approval_signature=seal.signature,
        key_id=seal.key_id,
        payload=dict(fields),
        leaf_hash=seal.leaf_hash,
        cfo_agent_id=UUID(columns.cfo_agent_id),
        justification=columns.justification,
        execution_time_ms=seal.execution_time_ms,
        created_at=datetime.fromisoformat(columns.created_at),
        approved_at=None if columns.approved_at is None else datetime.fromisoformat(columns.approved_at),
    )


def approval_of(record: LedgerRecord) -> Approval:
    """The answer to the request, read from the row's document."""
    fields = record.payload
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
        document=canonical(record.payload),
        signature=record.approval_signature,
        key_id=record.key_id,
    )


def entry_of(record: LedgerRecord) -> LedgerEntry:
    """The row as it is listed and exported."""
    columns = {name: getattr(record, name) for name in LedgerEntry.model_fields if name not in _ENTRY_TEXTS}
    document = canonical(record.payload)
    return LedgerEntry.model_validate({**columns, "document": document, "leaf_hash": record.leaf_hash.hex()})
