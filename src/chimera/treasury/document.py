"""From a decision to its signed document and ledger row, and from the row back to the answer; pure.

Whatever is answered is read from the document, so that a repeated request gets the identical answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from chimera.contracts.approval import Approval, BudgetRemaining, SignedDecision
from chimera.contracts.ledger import LedgerEntry
from chimera.core.errors import Detail
from chimera.core.vocabulary import Decision
from chimera.security.decision_signature import canonical
from chimera.storage.records.ledger import LedgerRecord
from chimera.treasury.columns import columns_of

_ENTRY_TEXTS = frozenset({"document", "leaf_hash"})


@dataclass(frozen=True, slots=True)
class Seal:
    """What a row holds beside its document: the signature, the leaf of both, and the time the decision took."""

    signature: str
    key_id: str
    leaf_hash: bytes
    execution_time_ms: int


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
