"""From a stored row back to what was answered, and to what others can check; pure.

Whatever is answered is read from the document, so that a repeated request gets the identical answer.
"""

from chimera.contracts.approval import Approval, BudgetRemaining, SignedDecision
from chimera.contracts.ledger import LedgerEntry
from chimera.core.vocabulary import Decision
from chimera.security.decision_signature import canonical
from chimera.storage.records.ledger import LedgerRecord

_ENTRY_TEXTS = frozenset({"document", "leaf_hash"})


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
