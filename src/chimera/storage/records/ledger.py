"""Table `ledger` (specification section 1) with its head: rows are appended under the head's lock, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from psycopg.rows import class_row

from chimera.core.errors import Detail
from chimera.storage.database import Connection

LEDGER_COLUMNS = (
    "seq, tx_id, request_id, request_hash, kind, agent_id, request_type, amount, amount_micros, currency, "
    "projected_roi, risk_score, decision, approved, reason_code, parent_tx, approval_signature, key_id, payload, "
    "leaf_hash, cfo_agent_id, justification, execution_time_ms, created_at, approved_at"
)


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """One row. `payload` is the signed document; its canonical text is what was signed, and every other column but
    `execution_time_ms` follows from it. `leaf_hash` is the row's leaf in the Merkle tree.

    `amount` is USD in whole cents, rounded up from the exact `amount_micros`. Words stay plain text here, so that
    a tampered row can still be read and named.
    """

    seq: int
    tx_id: UUID
    request_id: UUID
    request_hash: str
    kind: str
    agent_id: UUID
    request_type: str
    amount: Decimal
    amount_micros: int
    currency: str
    projected_roi: Decimal | None
    risk_score: Decimal | None
    decision: str | None
    approved: bool
    reason_code: str
    parent_tx: UUID | None
    approval_signature: str
    key_id: str
    payload: dict[str, Detail]
    leaf_hash: bytes
    cfo_agent_id: UUID
    justification: str
    execution_time_ms: int
    created_at: datetime
    approved_at: datetime | None


@dataclass(frozen=True, slots=True)
class LedgerHead:
    """Which ledger this is, its size, last row, Merkle frontier and latest time, and the row that paused spending."""

    ledger_id: UUID
    size: int
    last_tx: UUID | None
    frontier: bytes
    last_time: datetime | None
    paused_by: UUID | None


async def lock_head(connection: Connection) -> LedgerHead | None:
    """The head, locked: no other row can be appended until the transaction ends. None if it was removed."""
    return await _head(connection, "FOR UPDATE")


async def head(connection: Connection) -> LedgerHead | None:
    """The head as it stands; None if it was removed."""
    return await _head(connection, "")


async def _head(connection: Connection, locking: str) -> LedgerHead | None:
    async with connection.cursor(row_factory=class_row(LedgerHead)) as cursor:
        await cursor.execute(
            f"SELECT ledger_id, size, last_tx, frontier, last_time, paused_by FROM ledger_head {locking}"
        )
        return await cursor.fetchone()


async def read_one_snapshot(connection: Connection) -> None:
    """Let every read of this transaction see the same moment; must come first in it."""
    await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


async def decision_of_request(connection: Connection, request_id: UUID) -> LedgerRecord | None:
    """The decision on a request; a person's answer where there is one."""
    async with connection.cursor(row_factory=class_row(LedgerRecord)) as cursor:
        await cursor.execute(
            f"SELECT {LEDGER_COLUMNS} FROM ledger WHERE request_id = %s AND kind IN ('decision', 'human') "
            "ORDER BY seq DESC LIMIT 1",
            (request_id,),
        )
        return await cursor.fetchone()


async def of_requests(connection: Connection, request_ids: Sequence[UUID]) -> list[LedgerRecord]:
    """Every row about these requests, oldest first: decisions, a person's answers, and what became of approvals."""
    async with connection.cursor(row_factory=class_row(LedgerRecord)) as cursor:
        await cursor.execute(
            f"SELECT {LEDGER_COLUMNS} FROM ledger WHERE request_id = ANY(%s) ORDER BY seq", (list(request_ids),)
        )
        return await cursor.fetchall()


async def approval_of_request(connection: Connection, request_id: UUID) -> LedgerRecord | None:
    """The row that approved a request."""
    found = await decision_of_request(connection, request_id)
    return found if found is not None and found.approved else None


async def asked_by(connection: Connection, known_id: UUID) -> UUID | None:
    """The agent with this id, or the one that asked under this request or transaction."""
    cursor = await connection.execute(
        "SELECT id FROM agents WHERE id = %(id)s UNION ALL SELECT agent_id FROM ledger WHERE tx_id = %(id)s "
        "UNION ALL SELECT agent_id FROM ledger WHERE request_id = %(id)s LIMIT 1",
        {"id": known_id},
    )
    row = await cursor.fetchone()
    return None if row is None else row["id"]


async def get(connection: Connection, tx_id: UUID) -> LedgerRecord | None:
    async with connection.cursor(row_factory=class_row(LedgerRecord)) as cursor:
        await cursor.execute(f"SELECT {LEDGER_COLUMNS} FROM ledger WHERE tx_id = %s", (tx_id,))
        return await cursor.fetchone()


async def page(connection: Connection, after_seq: int, limit: int) -> list[LedgerRecord]:
    """The next rows behind `after_seq`, oldest first."""
    async with connection.cursor(row_factory=class_row(LedgerRecord)) as cursor:
        await cursor.execute(
            f"SELECT {LEDGER_COLUMNS} FROM ledger WHERE seq > %s ORDER BY seq LIMIT %s", (after_seq, limit)
        )
        return await cursor.fetchall()


async def count(connection: Connection) -> int:
    """How many rows the table holds, whatever their seq."""
    cursor = await connection.execute("SELECT count(*) AS rows FROM ledger")
    row = await cursor.fetchone()
    return 0 if row is None else int(row["rows"])


async def newest(connection: Connection, limit: int, before_seq: int | None = None) -> list[LedgerRecord]:
    """The newest rows before `before_seq`, newest first."""
    async with connection.cursor(row_factory=class_row(LedgerRecord)) as cursor:
        await cursor.execute(
            f"SELECT {LEDGER_COLUMNS} FROM ledger WHERE %s::bigint IS NULL OR seq < %s ORDER BY seq DESC LIMIT %s",
            (before_seq, before_seq, limit),
        )
        return await cursor.fetchall()
