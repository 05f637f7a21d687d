"""The statements of one batch of ledger rows, on the writer's own connection, in the order they are given.

A batch is one transaction: lock the head, lock the budget lines, append the rows, change the lines, move the head.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from struct import Struct
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Cursor
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.rows import TupleRow, class_row

from chimera.storage.database import WRITER_NAME, WriterConnection
from chimera.storage.notices import ESCALATION_ANSWERED
from chimera.storage.records import budget_alert
from chimera.storage.records.budget_alert import BudgetAlert
from chimera.storage.records.ledger import LedgerHead
from chimera.storage.records.line_batch import LINE_COLUMNS, Change, LineRow

_UUID_OID, _UUID_ARRAY_OID = 2950, 2951
_ARRAY_HEADER = Struct("!iiIii").pack
_UUID_LENGTH = (16).to_bytes(4, "big")

_PARENT_COLUMNS = (
    "seq, tx_id, request_id, request_hash, kind, agent_id, request_type, amount_micros, decision, approved, "
    "projected_roi, risk_score, justification, approval_signature, execution_time_ms, created_at, payload"
)


@dataclass(frozen=True, slots=True)
class EnteredRow:
    """A row of the ledger as far as answers and later rows need it."""

    seq: int
    tx_id: UUID
    request_id: UUID
    request_hash: str
    kind: str
    agent_id: UUID
    request_type: str
    amount_micros: int
    decision: str | None
    approved: bool
    projected_roi: Decimal | None
    risk_score: Decimal | None
    justification: str
    approval_signature: str
    execution_time_ms: int
    created_at: datetime
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class HoldRow:
    tx_id: UUID
    expires_at: datetime
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class EscalationRow:
    tx_id: UUID
    expires_at: datetime
    hold_seconds: int | None


def begin(connection: WriterConnection, line_ids: Sequence[int]) -> tuple[LedgerHead | None, list[LineRow]]:
    """Open the transaction, lock the head, then these lines in the order of their ids; one round trip."""
    with (
        connection.pipeline(),
        connection.cursor(row_factory=class_row(LedgerHead)) as heads,
        connection.cursor(row_factory=class_row(LineRow)) as lines,
    ):
        connection.execute("BEGIN")
        heads.execute("SELECT ledger_id, size, last_tx, frontier, last_time, paused_by FROM ledger_head FOR UPDATE")
        lines.execute(
            f"SELECT {LINE_COLUMNS} FROM budget_tracking WHERE id = ANY(%s) ORDER BY id FOR UPDATE", (list(line_ids),)
        )
        return heads.fetchone(), lines.fetchall()


def end_stuck_writers(connection: WriterConnection, wait_ms: int) -> int:
    """End writers that have a transaction open and have sent nothing for so long; answers how many.

    The server's own timeouts do not reach a session that waits for the rest of its COPY: a process that stopped there
    would hold the head for good. Only sessions of the same login can be ended: the role is laid down for it.
    """
    connection.execute("SET ROLE NONE")
    cursor = connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND usename = session_user AND application_name = %s AND xact_start IS NOT NULL AND wait_event = 'ClientRead' "
        "AND query_start < clock_timestamp() - make_interval(secs => %s)",
        (WRITER_NAME, wait_ms / 1000),
    )
    return sum(ended for (ended,) in cursor.fetchall())


class _UuidArray:
    """Ids for one parameter of type uuid[]; what the adaptation of a list costs is most of a lookup."""

    def __init__(self, ids: Sequence[UUID]) -> None:
        self.ids = ids


class _UuidArrayDumper(Dumper):
    """The wire form: one dimension, no nulls, elements of 16 bytes."""

    format = Format.BINARY
    oid = _UUID_ARRAY_OID

    def dump(self, obj: _UuidArray) -> bytes:
        head = _ARRAY_HEADER(1, 0, _UUID_OID, len(obj.ids), 1)
        return head + b"".join([_UUID_LENGTH + number.bytes for number in obj.ids])


psycopg.adapters.register_dumper(_UuidArray, _UuidArrayDumper)


def known_requests(connection: WriterConnection, request_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the requests that were decided before."""
    cursor = connection.execute(
        "SELECT request_id FROM ledger WHERE request_id = ANY(%b) AND kind = 'decision'",
        (_UuidArray(request_ids),),
        binary=True,
    )
    return {row[0] for row in cursor.fetchall()}


def rows_of_requests(connection: WriterConnection, request_ids: Sequence[UUID]) -> list[EnteredRow]:
    """Every row about these requests, oldest first."""
    return _entered(connection, "request_id = ANY(%s)", list(request_ids))


def rows_of_transactions(connection: WriterConnection, tx_ids: Sequence[UUID]) -> list[EnteredRow]:
    return _entered(connection, "tx_id = ANY(%s)", list(tx_ids))


def _entered(connection: WriterConnection, condition: str, ids: list[UUID]) -> list[EnteredRow]:
    with connection.cursor(row_factory=class_row(EnteredRow)) as cursor:
        cursor.execute(f"SELECT {_PARENT_COLUMNS} FROM ledger WHERE {condition} ORDER BY seq", (ids,))
        return cursor.fetchall()


def lock_holds(connection: WriterConnection, tx_ids: Sequence[UUID]) -> dict[UUID, HoldRow]:
    """The open holds among these approvals, locked against a submit that comes at the same time."""
    with connection.cursor(row_factory=class_row(HoldRow)) as cursor:
        cursor.execute(
            "SELECT tx_id, expires_at, submitted_at FROM spend_hold WHERE tx_id = ANY(%s) ORDER BY tx_id FOR UPDATE",
            (list(tx_ids),),
        )
        return {row.tx_id: row for row in cursor.fetchall()}


def escalations(connection: WriterConnection, tx_ids: Sequence[UUID]) -> dict[UUID, EscalationRow]:
    """The waiting ones among these escalated decisions."""
    with connection.cursor(row_factory=class_row(EscalationRow)) as cursor:
        cursor.execute("SELECT tx_id, expires_at, hold_seconds FROM escalation WHERE tx_id = ANY(%s)", (list(tx_ids),))
        return {row.tx_id: row for row in cursor.fetchall()}


DecidedRow = tuple[int, UUID, str, int, str, datetime, str, Decimal]
"""seq, agent, request type, micro-dollars, justification, time, decision, projected ROI."""


def decided_since(connection: WriterConnection, seq: int, rows_max: int) -> list[DecidedRow]:
    """Decisions behind row `seq`, oldest first: what other processes decided meanwhile."""
    cursor = connection.execute(
        "SELECT seq, agent_id, request_type, amount_micros, justification, created_at, decision, projected_roi "
        "FROM ledger WHERE seq > %s AND kind = 'decision' ORDER BY seq LIMIT %s",
        (seq, rows_max),
    )
    return cursor.fetchall()


def roles_of(connection: WriterConnection, agent_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The role of each agent that is registered."""
    cursor = connection.execute("SELECT id, role FROM agents WHERE id = ANY(%s)", (list(agent_ids),))
    return {row[0]: row[1] for row in cursor.fetchall()}


def current_key_id(connection: WriterConnection) -> str | None:
    row = connection.execute("SELECT key_id FROM ledger_key WHERE last_seq IS NULL").fetchone()
    return None if row is None else str(row[0])


def key_is_known(connection: WriterConnection, key_id: str) -> bool:
    return connection.execute("SELECT 1 FROM ledger_key WHERE key_id = %s", (key_id,)).fetchone() is not None


def insert_key(connection: WriterConnection, key_id: str, public_key: bytes, first_seq: int, at: datetime) -> None:
    connection.execute(
        "INSERT INTO ledger_key (key_id, public_key, first_seq, created_at) VALUES (%s, %s, %s, %s)",
        (key_id, public_key, first_seq, at),
    )


def copy_in(connection: WriterConnection, statement: str, data: bytes) -> None:
    """Append packed rows (`ledger_copy`)."""
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.write(data)


@dataclass(frozen=True, slots=True)
class Following:
    """Everything a batch writes behind its rows."""

    changes: Sequence[Change]
    frontier: bytes
    last_time: datetime
    paused_by: UUID | None
    escalated: Sequence[EscalationRow]
    closed_holds: Sequence[UUID]
    answered: Sequence[UUID]
    alerts: Sequence[BudgetAlert]


def follow(connection: WriterConnection, following: Following) -> bool:
    """Charge the lines, move the head's frontier, open and close what waits; answers whether every line took its part.

    After False the caller must roll back.
    """
    with connection.pipeline():
        charged = _charge(connection, following)
        connection.execute(
            "UPDATE ledger_head SET frontier = %s, last_time = %s, paused_by = %s",
            (following.frontier, following.last_time, following.paused_by),
        )
        _open_and_close(connection, following)
    return charged is None or charged.rowcount == len(following.changes)


def _charge(connection: WriterConnection, following: Following) -> Cursor[TupleRow] | None:
    if not following.changes:
        return None
    return connection.execute(
        "UPDATE budget_tracking AS line SET spent_amount = line.spent_amount + change.spent / 100.0, "
        "held_amount = line.held_amount + change.held / 100.0, debt_amount = line.debt_amount + change.debt / 100.0, "
        "updated_at = %s FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::bigint[]) "
        "AS change (id, spent, held, debt) "
        "WHERE line.id = change.id AND line.spent_amount + change.spent / 100.0 <= line.limit_amount",
        (
            following.last_time,
            [change.id for change in following.changes],
            [change.spent for change in following.changes],
            [change.held for change in following.changes],
            [change.debt for change in following.changes],
        ),
    )


def _open_and_close(connection: WriterConnection, following: Following) -> None:
    if following.escalated:
        connection.execute(
            "INSERT INTO escalation (tx_id, expires_at, hold_seconds) "
            "SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::int[])",
            (
                [row.tx_id for row in following.escalated],
                [row.expires_at for row in following.escalated],
                [row.hold_seconds for row in following.escalated],
            ),
        )
    if following.closed_holds:
        connection.execute("DELETE FROM spend_hold WHERE tx_id = ANY(%s)", (list(following.closed_holds),))
    if following.answered:
        connection.execute("DELETE FROM escalation WHERE tx_id = ANY(%s)", (list(following.answered),))
    for tx_id in [*(row.tx_id for row in following.escalated), *following.answered]:
        connection.execute("SELECT pg_notify(%s, %s)", (ESCALATION_ANSWERED, str(tx_id)))
    budget_alert.add_alerts(connection, following.alerts)
