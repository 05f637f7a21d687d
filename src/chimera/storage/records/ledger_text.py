"""Table `ledger` as its verification reads it: in the order of `seq`, each column as the exact text it stands for."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from psycopg.rows import class_row, tuple_row

from chimera.core.errors import Detail
from chimera.storage.database import Connection

_PAGE_ROWS = 1000
_UTC_TEXT = """to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
_SELECT = (
    "seq, payload, approval_signature, key_id, leaf_hash, tx_id::text, request_id::text, request_hash, kind, "
    "agent_id::text, request_type, amount::text, amount_micros, currency, projected_roi::text, risk_score::text, "
    "decision, approved, reason_code, parent_tx::text, cfo_agent_id::text, justification, "
    f"{_UTC_TEXT.format(column='created_at')}, {_UTC_TEXT.format(column='approved_at')}"
)
_SEAL_COLUMNS = 5


class LedgerColumns(NamedTuple):
    """Every column that follows from the signed document; times are ISO 8601 in UTC to the microsecond."""

    tx_id: str
    request_id: str
    request_hash: str
    kind: str
    agent_id: str
    request_type: str
    amount: str
    amount_micros: int
    currency: str
    projected_roi: str | None
    risk_score: str | None
    decision: str | None
    approved: bool
    reason_code: str
    parent_tx: str | None
    cfo_agent_id: str
    justification: str
    created_at: str
    approved_at: str | None


class StoredRow(NamedTuple):
    """One row: the document as jsonb holds it, its seal, and the columns beside them."""

    seq: int
    payload: object
    signature: str
    key_id: str
    leaf_hash: bytes
    columns: LedgerColumns


@dataclass(frozen=True, slots=True)
class LeafRow:
    """A row as a leaf: its document and signature, and the hash stored for both."""

    seq: int
    payload: dict[str, Detail]
    signature: str
    leaf_hash: bytes


async def stored_rows(connection: Connection) -> AsyncIterator[list[StoredRow]]:
    """Every row that has a `seq`, in its order, 1,000 at a time."""
    async with connection.cursor(name="ledger_rows", row_factory=tuple_row) as cursor:
        await cursor.execute(f"SELECT {_SELECT} FROM ledger WHERE seq IS NOT NULL ORDER BY seq, tx_id")
        while rows := await cursor.fetchmany(_PAGE_ROWS):
            yield [_row(row) for row in rows]


async def row_page(connection: Connection, after_seq: int, limit: int) -> list[StoredRow]:
    """The next rows behind `after_seq`, in their order."""
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(f"SELECT {_SELECT} FROM ledger WHERE seq > %s ORDER BY seq LIMIT %s", (after_seq, limit))
        return [_row(row) for row in await cursor.fetchall()]


async def leaf_page(connection: Connection, after_seq: int, limit: int) -> list[LeafRow]:
    """What the next rows behind `after_seq` contribute to the tree, oldest first."""
    async with connection.cursor(row_factory=class_row(LeafRow)) as cursor:
        await cursor.execute(
            "SELECT seq, payload, approval_signature AS signature, leaf_hash FROM ledger WHERE seq > %s "
            "ORDER BY seq LIMIT %s",
            (after_seq, limit),
        )
        return await cursor.fetchall()


def _row(values: tuple[Any, ...]) -> StoredRow:
    return StoredRow._make((*values[:_SEAL_COLUMNS], LedgerColumns._make(values[_SEAL_COLUMNS:])))
