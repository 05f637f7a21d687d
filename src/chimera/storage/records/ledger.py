"""Table `ledger` (specification section 1) with its head: rows are appended under the head's lock, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from chimera.core.errors import Detail
from chimera.core.vocabulary import RequestType
from chimera.storage.database import Connection

_COLUMNS = (
    "seq, tx_id, request_id, request_hash, kind, agent_id, request_type, amount, amount_micros, currency, "
    "projected_roi, risk_score, decision, approved, reason_code, parent_tx, approval_signature, key_id, payload, "
    "leaf_hash, cfo_agent_id, justification, execution_time_ms, created_at, approved_at"
)
_HISTORY_ROWS_MAX = 1000


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


@dataclass(frozen=True, slots=True)
class AgentHistory:
    """What an agent asked for lately; counts stop at 1,000."""

    requests_last_minute: int
    requests_last_hour: int
    duplicates_last_ten_minutes: int
    approved_before: bool


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


async def append(connection: Connection, record: LedgerRecord) -> None:
    """Insert the next row; the database refuses any other `seq` than the head's size + 1."""
    sealed = {"payload": Jsonb(record.payload)}
    values = [sealed.get(column) or getattr(record, column) for column in _COLUMNS.split(", ")]
    await connection.execute(f"INSERT INTO ledger ({_COLUMNS}) VALUES ({', '.join(['%s'] * len(values))})", values)


async def decision_of_request(connection: Connection, request_id: UUID) -> LedgerRecord | None:
    async with connection.cursor(row_factory=class_row(LedgerRecord)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM ledger WHERE request_id = %s AND kind = 'decision'", (request_id,)
        )
        return await cursor.fetchone()


async def of_requests(connection: Connection, request_ids: Sequence[UUID]) -> list[LedgerRecord]:
    """Every row about these requests, oldest first: decisions, a person's answers, and what became of approvals."""
    async with connection.cursor(row_factory=class_row(LedgerRecord)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM ledger WHERE request_id = ANY(%s) ORDER BY seq", (list(request_ids),)
        )
        return await cursor.fetchall()


async def get(connection: Connection, tx_id: UUID) -> LedgerRecord | None:
    async with connection.cursor(row_factory=class_row(LedgerRecord)) as cursor:
        await cursor.execute(f"SELECT {_COLUMNS} FROM ledger WHERE tx_id = %s", (tx_id,))
        return await cursor.fetchone()


async def page(connection: Connection, after_seq: int, limit: int) -> list[LedgerRecord]:
    """The next rows behind `after_seq`, oldest first."""
    async with connection.cursor(row_factory=class_row(LedgerRecord)) as cursor:
        await cursor.execute(f"SELECT {_COLUMNS} FROM ledger WHERE seq > %s ORDER BY seq LIMIT %s", (after_seq, limit))
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
            f"SELECT {_COLUMNS} FROM ledger WHERE %s::bigint IS NULL OR seq < %s ORDER BY seq DESC LIMIT %s",
            (before_seq, before_seq, limit),
        )
        return await cursor.fetchall()


async def agent_history(
    connection: Connection, agent_id: UUID, request_type: RequestType, justification: str, at: datetime
) -> AgentHistory:
    """The agent's requests before `at`; a duplicate has the same type and the same justification."""
    async with connection.cursor(row_factory=class_row(AgentHistory)) as cursor:
        await cursor.execute(
            "SELECT count(*) FILTER (WHERE created_at > %(minute)s) AS requests_last_minute, "
            "count(*) AS requests_last_hour, "
            "count(*) FILTER (WHERE created_at > %(ten_minutes)s AND request_type = %(type)s "
            "AND justification = %(justification)s) AS duplicates_last_ten_minutes, "
            "EXISTS (SELECT 1 FROM ledger WHERE agent_id = %(agent)s AND request_type = %(type)s AND approved) "
            "AS approved_before "
            "FROM (SELECT created_at, request_type, justification FROM ledger WHERE agent_id = %(agent)s "
            "AND created_at > %(hour)s ORDER BY created_at DESC LIMIT %(rows)s) AS recent",
            {
                "agent": agent_id,
                "type": request_type,
                "justification": justification,
                "minute": at - timedelta(minutes=1),
                "ten_minutes": at - timedelta(minutes=10),
                "hour": at - timedelta(hours=1),
                "rows": _HISTORY_ROWS_MAX,
            },
        )
        found = await cursor.fetchone()
    if found is None:
        raise LookupError("an aggregate answers exactly one row")
    return found
