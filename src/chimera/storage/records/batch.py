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
from psycopg import Connection, Cursor
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.rows import TupleRow, class_row

from chimera.storage.database import WRITER_NAME
from chimera.storage.notices import ESCALATION_ANSWERED
from chimera.storage.records import budget_alert
from chimera.storage.records.budget_alert import BudgetAlert
from chimera.storage.records.ledger import LedgerHead

WriterConnection = Connection[TupleRow]

_UUID_OID, _UUID_ARRAY_OID = 2950, 2951
_ARRAY_HEADER = Struct("!iiIii").pack
_UUID_LENGTH = (16).to_bytes(4, "big")

_LINE_COLUMNS = (
    "id, period, category, period_start, period_end, (limit_amount * 100)::bigint AS limit, "
    "(spent_amount * 100)::bigint AS spent, (held_amount * 100)::bigint AS held, "
    "(debt_amount * 100)::bigint AS debt, (carried_amount * 100)::bigint AS carried"
)
_PARENT_COLUMNS = (
    "seq, tx_id, request_id, request_hash, kind, agent_id, request_type, amount_micros, decision, approved, "
    "projected_roi, risk_score, justification, approval_signature, execution_time_ms, created_at, payload"
)


@dataclass(slots=True)
class LineRow:
    """A budget line in cents."""

    id: int
    period: str
    category: str
    period_start: datetime
    period_end: datetime
    limit: int
    spent: int
    held: int
    debt: int
    carried: int


@dataclass(frozen=True, slots=True)
class WantedLine:
    """A line that should stand, with its limit in USD."""

    period: str
    category: str
    period_start: datetime
    period_end: datetime
    limit_usd: Decimal


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
            f"SELECT {_LINE_COLUMNS} FROM budget_tracking WHERE id = ANY(%s) ORDER BY id FOR UPDATE", (list(line_ids),)
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


def lock_lines(connection: WriterConnection, starts: Iterable[tuple[str, datetime]]) -> list[LineRow]:
    """Every line of these periods, locked in the order of their ids."""
    return _lines_of(connection, list(starts), "FOR UPDATE")


def lines_of(connection: WriterConnection, starts: Iterable[tuple[str, datetime]]) -> list[LineRow]:
    """Every line of these periods; waits for nobody."""
    return _lines_of(connection, list(starts), "")


def _lines_of(connection: WriterConnection, wanted: list[tuple[str, datetime]], lock: str) -> list[LineRow]:
    with connection.cursor(row_factory=class_row(LineRow)) as cursor:
        cursor.execute(
            f"SELECT {_LINE_COLUMNS} FROM budget_tracking WHERE (period, period_start) IN "
            f"(SELECT * FROM unnest(%s::text[], %s::timestamptz[])) ORDER BY id {lock}",
            ([period for period, _ in wanted], [start for _, start in wanted]),
        )
        return cursor.fetchall()


def open_lines(connection: WriterConnection, wanted: Sequence[WantedLine], at: datetime) -> None:
    """Give every line its limit, or what is already spent if that is more; make the lines that are missing.

    A new line starts with what the ledger already holds for it, and takes over the debt of the newest earlier one.
    """
    connection.execute(
        """
        INSERT INTO budget_tracking (period, category, limit_amount, spent_amount, held_amount, debt_amount,
            carried_amount, period_start, period_end, updated_at)
        SELECT wanted.period, wanted.category, greatest(wanted.limit_amount, past.spent, 0.01), past.spent, past.held,
            past.debt, coalesce(earlier.carried, 0), wanted.period_start, wanted.period_end, %(at)s
        FROM unnest(%(periods)s::text[], %(categories)s::text[], %(limits)s::numeric[], %(starts)s::timestamptz[],
            %(ends)s::timestamptz[]) AS wanted (period, category, limit_amount, period_start, period_end)
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(approval.amount + coalesce(after.spent, 0)), 0) AS spent,
                coalesce(sum(approval.amount) FILTER (
                    WHERE approval.payload ? 'hold_expires_at' AND NOT after.closed), 0) AS held,
                coalesce(sum(after.debt), 0) AS debt
            FROM ledger approval CROSS JOIN LATERAL (
                SELECT sum(CASE child.kind
                        WHEN 'settle' THEN child.amount - approval.amount
                        WHEN 'overrun' THEN (child.payload->'booked'->wanted.period->>wanted.category)::numeric
                        ELSE -approval.amount END) AS spent,
                    sum(child.amount - (child.payload->'booked'->wanted.period->>wanted.category)::numeric)
                        FILTER (WHERE child.kind = 'overrun') AS debt,
                    coalesce(bool_or(child.kind IN ('settle', 'void', 'expire')), FALSE) AS closed
                FROM ledger child WHERE child.parent_tx = approval.tx_id
                    AND child.kind IN ('settle', 'void', 'expire', 'overrun')
            ) AS after
            WHERE approval.approved AND approval.created_at >= wanted.period_start
                AND approval.created_at < wanted.period_end
                AND (wanted.category = 'total' OR approval.request_type = wanted.category)
        ) AS past
        LEFT JOIN LATERAL (
            SELECT greatest(0, line.debt_amount + line.carried_amount - (line.limit_amount - line.spent_amount))
                AS carried
            FROM budget_tracking line WHERE line.period = wanted.period AND line.category = wanted.category
                AND line.period_start < wanted.period_start ORDER BY line.period_start DESC LIMIT 1
        ) AS earlier ON TRUE
        ORDER BY wanted.period, wanted.category
        ON CONFLICT (period, category, period_start) DO UPDATE SET
            limit_amount = greatest(EXCLUDED.limit_amount, budget_tracking.spent_amount),
            updated_at = EXCLUDED.updated_at
        """,
        {
            "at": at,
            "periods": [line.period for line in wanted],
            "categories": [line.category for line in wanted],
            "limits": [line.limit_usd for line in wanted],
            "starts": [line.period_start for line in wanted],
            "ends": [line.period_end for line in wanted],
        },
    )


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
class Change:
    """What a batch adds to a budget line, in cents."""

    id: int
    spent: int
    held: int
    debt: int


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
