"""Rows of `ledger` and `spend_hold` in PostgreSQL's binary COPY format, packed by hand: the writer's hot path.

Numeric fields follow PostgreSQL's base-10,000 wire form; those that recur (amounts, scores) are kept packed.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from struct import Struct
from typing import NamedTuple

COPY_LEDGER = (
    "COPY ledger (seq, tx_id, request_id, agent_id, cfo_agent_id, created_at, amount_micros, execution_time_ms, "
    "leaf_hash, key_id, request_hash, approval_signature, currency, kind, decision, approved, approved_at, "
    "reason_code, parent_tx, amount, projected_roi, risk_score, request_type, justification, payload) "
    "FROM STDIN (FORMAT BINARY)"
)
COPY_HOLDS = "COPY spend_hold (tx_id, expires_at) FROM STDIN (FORMAT BINARY)"

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"

_POSTGRESQL_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NULL = b"\xff\xff\xff\xff"
_FIXED = Struct("!hiqi16si16si16si16siqiqiii32si16si64si130s").pack
_LENGTH = Struct("!i").pack
_HOLD = Struct("!hi16siq").pack
_NUMERIC_HEADER = Struct("!HhHH").pack
_JSONB_VERSION = b"\x01"
_FIELDS = 25


class UnsignedRow(NamedTuple):
    """One ledger row in wire terms, before it is signed: ids are 16 raw bytes, texts UTF-8, `tail` is packed by
    `pack_tail`."""

    seq: int
    tx_id: bytes
    request_id: bytes
    agent_id: bytes
    cfo_agent_id: bytes
    created_at: int
    amount_micros: int
    key_id: bytes
    request_hash: bytes
    tail: bytes
    projected_roi: int | None
    risk_score: int | None
    request_type: bytes
    justification: bytes
    payload: bytes


def pack_time(at: datetime) -> int:
    """Microseconds since 2000-01-01, as a timestamptz goes over the wire."""
    return (at - _POSTGRESQL_EPOCH) // _MICROSECOND


@lru_cache(maxsize=256)
def pack_tail(kind: str, decision: str | None, reason_code: str, parent_tx: bytes | None, at: int) -> bytes:
    """The fields that rows of one batch and one verdict share: currency to parent_tx."""
    approved = decision == "approved"
    return b"".join(
        (
            _field(b"USD"),
            _field(kind.encode()),
            _NULL if decision is None else _field(decision.encode()),
            _field(b"\x01" if approved else b"\x00"),
            _field(at.to_bytes(8, "big", signed=True)) if approved else _NULL,
            _field(reason_code.encode()),
            _NULL if parent_tx is None else _field(parent_tx),
        )
    )


def pack_row(row: UnsignedRow, signature: bytes, leaf_hash: bytes, execution_time_ms: int) -> bytes:
    """The row as one tuple of the COPY stream."""
    (
        seq, tx_id, request_id, agent_id, cfo_agent_id, created_at, amount_micros, key_id, request_hash, tail,
        projected_roi, risk_score, request_type, justification, payload,
    ) = row  # fmt: skip
    return b"".join(
        (
            _FIXED(
                _FIELDS, 8, seq, 16, tx_id, 16, request_id, 16, agent_id, 16, cfo_agent_id, 8, created_at,
                8, amount_micros, 4, execution_time_ms, 32, leaf_hash, 16, key_id, 64, request_hash, 130, signature,
            ),
            tail,
            _hundredths(-(-amount_micros // 10_000)),
            _NULL if projected_roi is None else _hundredths(projected_roi),
            _NULL if risk_score is None else _hundredths(risk_score),
            _LENGTH(len(request_type)),
            request_type,
            _LENGTH(len(justification)),
            justification,
            _LENGTH(len(payload) + 1),
            _JSONB_VERSION,
            payload,
        )
    )  # fmt: skip


def pack_holds(holds: Iterable[tuple[bytes, int]]) -> bytes:
    """Rows of `spend_hold`: transaction and when it expires."""
    return b"".join((HEADER, *(_HOLD(2, 16, tx_id, 8, expires_at) for tx_id, expires_at in holds), TRAILER))


@lru_cache(maxsize=65_536)
def _hundredths(value: int) -> bytes:
    """A NUMERIC of two decimals, `value` hundredths and not negative, with its length in front."""
    whole, fraction = divmod(value, 100)
    digits = [fraction * 100] if fraction else []
    weight = -1
    while whole:
        whole, digit = divmod(whole, 10_000)
        digits.insert(0, digit)
        weight += 1
    while digits and digits[-1] == 0:
        digits.pop()
    packed = _NUMERIC_HEADER(len(digits), weight if digits else 0, 0, 2)
    return _field(packed + b"".join(digit.to_bytes(2, "big") for digit in digits))


def _field(content: bytes) -> bytes:
    return _LENGTH(len(content)) + content
