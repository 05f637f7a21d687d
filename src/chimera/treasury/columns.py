"""What the columns of a ledger row must be, told by its signed document; pure, for every kind of row."""

import hashlib
import json
from collections.abc import Mapping

from chimera.core.errors import Detail
from chimera.core.vocabulary import Decision
from chimera.storage.records.ledger_text import LedgerColumns
from chimera.treasury.amounts import cents_of_micros, cents_text, micros_of

KIND_DECISION = "decision"
CURRENCY = "USD"
REQUEST_FIELDS = ("agent_id", "amount", "justification", "projected_roi", "request_id", "request_type")
"""In the order of canonical JSON."""
_quoted = json.JSONEncoder(ensure_ascii=False).encode
_COLUMN_PLACES = 2


def columns_of(fields: Mapping[str, Detail]) -> LedgerColumns:
    """The columns of a document. Documents made before there were other kinds name none: they are decisions.

    Raises:
        KeyError, ValueError: a field is missing or of another form.
    """
    micros = micros_of(text_of(fields, "amount"))
    decided_at = text_of(fields, "decided_at")
    approved = fields.get("decision") == Decision.APPROVED
    return LedgerColumns(
        tx_id=text_of(fields, "tx_id"),
        request_id=text_of(fields, "request_id"),
        request_hash=request_hash(fields),
        kind=kind_of(fields),
        agent_id=text_of(fields, "agent_id"),
        request_type=text_of(fields, "request_type"),
        amount=cents_text(cents_of_micros(micros)),
        amount_micros=micros,
        currency=CURRENCY,
        projected_roi=_column_number(fields, "projected_roi"),
        risk_score=_column_number(fields, "risk_score"),
        decision=text_of(fields, "decision") if "decision" in fields else None,
        approved=approved,
        reason_code=text_of(fields, "reason_code"),
        parent_tx=text_of(fields, "parent_tx") if "parent_tx" in fields else None,
        cfo_agent_id=text_of(fields, "cfo_agent_id"),
        justification=text_of(fields, "justification"),
        created_at=decided_at,
        approved_at=decided_at if approved else None,
    )


def kind_of(fields: Mapping[str, Detail]) -> str:
    """The kind of row a document is of."""
    return text_of(fields, "kind") if "kind" in fields else KIND_DECISION


def request_hash(fields: Mapping[str, Detail]) -> str:
    """SHA-256 (hex) over the canonical text of a document's request part, as far as its kind has one."""
    part = ",".join(f'"{name}":{_quoted(text_of(fields, name))}' for name in REQUEST_FIELDS if name in fields)
    return hashlib.sha256(f"{{{part}}}".encode()).hexdigest()


def text_of(fields: Mapping[str, Detail], name: str) -> str:
    """The field, which must be a string.

    Raises:
        KeyError, ValueError: it is missing, or something else.
    """
    value = fields[name]
    if isinstance(value, str):
        return value
    raise ValueError(f"{name} is no string")


def _column_number(fields: Mapping[str, Detail], name: str) -> str | None:
    """The number as a column with two decimals shows it; None for a kind of row that has none."""
    if name not in fields:
        return None
    whole, _, fraction = text_of(fields, name).partition(".")
    return f"{whole}.{fraction.ljust(_COLUMN_PLACES, '0')}"
