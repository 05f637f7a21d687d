"""What each kind of document says the columns of its row must be, and how its text is written."""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from chimera.core.errors import Detail
from chimera.core.money import cents_up
from chimera.security.decision_signature import canonical
from chimera.treasury.amounts import cents_of_micros, cents_text, micros_of
from chimera.treasury.columns import REQUEST_FIELDS, columns_of
from chimera.treasury.document import entry_of
from chimera.treasury.log.merkle import leaf_data, leaf_hash
from factories_ledger_rows import signed_record

TX, PARENT, REQUEST, AGENT, CFO = (UUID(int=number) for number in range(1, 6))
AT = "2026-02-06T12:00:00.000000Z"
COMMON: dict[str, Detail] = {
    "seq": 7,
    "tx_id": str(TX),
    "request_id": str(REQUEST),
    "agent_id": str(AGENT),
    "request_type": "api_call",
    "amount": "3.001",
    "justification": "a film",
    "decided_at": AT,
    "cfo_agent_id": str(CFO),
    "reason": "why",
    "reason_code": "CODE",
}
DECIDED: dict[str, Detail] = {"projected_roi": "2.5", "decision": "approved", "risk_score": "0.10", "conditions": []}
DOCUMENTS: dict[str, dict[str, Detail]] = {
    "decision": {**COMMON, **DECIDED},
    "human": {**COMMON, **DECIDED, "kind": "human", "parent_tx": str(PARENT), "answered_by": "ada"},
    "settle": {**COMMON, "kind": "settle", "parent_tx": str(PARENT), "approved_amount": "4.00"},
    "void": {**COMMON, "kind": "void", "parent_tx": str(PARENT)},
    "expire": {**COMMON, "kind": "expire", "parent_tx": str(PARENT)},
    "overrun": {**COMMON, "kind": "overrun", "parent_tx": str(PARENT), "booked": {}},
    "pause": {**COMMON, "kind": "pause", "by": "ada"},
    "resume": {**COMMON, "kind": "resume", "by": "ada"},
}
#: What a document holds: text of any script, small whole numbers, lists and objects under ASCII keys.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
KEY = st.text(st.characters(max_codepoint=127), max_size=8)
VALUE = st.recursive(
    TEXT | st.integers(-(2**53) + 1, 2**53 - 1),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(KEY, VALUE, max_size=8))
def test_the_text_of_a_document_is_that_of_rfc_8785(document: dict[str, Detail]) -> None:
    assert canonical(document).encode() == rfc8785.dumps(document)


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_document_of_each_kind_tells_its_row(kind: str) -> None:
    fields = DOCUMENTS[kind]
    row = signed_record(fields, SigningKey(bytes(32)), 12)
    at = datetime(2026, 2, 6, 12, tzinfo=UTC)
    decides = kind in {"decision", "human"}
    assert (row.kind, row.seq, row.tx_id, row.payload, row.created_at) == (kind, 7, TX, fields, at)
    assert (row.amount, row.amount_micros) == (Decimal("3.01"), 3_001_000)
    assert (row.decision, row.projected_roi) == (("approved", Decimal("2.50")) if decides else (None, None))
    assert (row.approved, row.approved_at) == ((True, at) if decides else (False, None))
    assert row.parent_tx == (PARENT if "parent_tx" in fields else None)
    assert row.leaf_hash == leaf_hash(leaf_data(canonical(fields), row.approval_signature))
    entry = entry_of(row)
    assert (entry.document, entry.leaf_hash) == (canonical(fields), row.leaf_hash.hex())


def test_the_request_part_is_hashed_in_its_canonical_text() -> None:
    part = {name: DOCUMENTS["settle"][name] for name in REQUEST_FIELDS if name in DOCUMENTS["settle"]}
    expected = hashlib.sha256(rfc8785.dumps(part)).hexdigest()
    assert columns_of(DOCUMENTS["settle"]).request_hash == expected


def test_only_the_request_part_is_hashed_into_the_request_hash() -> None:
    decision = columns_of(DOCUMENTS["decision"])
    assert columns_of({**DOCUMENTS["decision"], "seq": 8, "reason": "else"}).request_hash == decision.request_hash
    assert columns_of({**DOCUMENTS["decision"], "amount": "3.002"}).request_hash != decision.request_hash


@given(st.decimals(min_value=0, max_value=10**12, places=6, allow_nan=False))
def test_an_amount_in_whole_numbers_is_the_decimal_one(amount: Decimal) -> None:
    micros = micros_of(f"{amount:f}")
    assert Decimal(micros) == amount * 1_000_000
    assert Decimal(cents_text(cents_of_micros(micros))) == cents_up(amount)


@pytest.mark.parametrize("amount", ["", ".", "-1.00", "1e3", "1.0000001", "NaN", "1.00 ", "1,00", "1.2.3"])
def test_a_text_that_is_no_amount_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="no amount"):
        micros_of(amount)


@pytest.mark.parametrize("change", [{"amount": 3}, {"tx_id": None}, {"decision": ["approved"]}, {"kind": 1}])
def test_a_field_of_another_form_is_refused(change: dict[str, Detail]) -> None:
    with pytest.raises(ValueError, match="no string"):
        columns_of({**DOCUMENTS["decision"], **change})
