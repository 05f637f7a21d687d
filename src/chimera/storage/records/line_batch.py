"""Table `budget_tracking` as a batch sees it: lines in cents, opened and locked under the head's lock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from psycopg.rows import class_row

from chimera.storage.database import WriterConnection

LINE_COLUMNS = (
    "id, period, category, period_start, period_end, (limit_amount * 100)::bigint AS limit, "
    "(spent_amount * 100)::bigint AS spent, (held_amount * 100)::bigint AS held, "
    "(debt_amount * 100)::bigint AS debt, (carried_amount * 100)::bigint AS carried"
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
class Change:
    """What a batch adds to a budget line, in cents."""

    id: int
    spent: int
    held: int
    debt: int


def lock_lines(connection: WriterConnection, starts: Iterable[tuple[str, datetime]]) -> list[LineRow]:
    """Every line of these periods, locked in the order of their ids."""
    return _lines_of(connection, list(starts), "FOR UPDATE")


def lines_of(connection: WriterConnection, starts: Iterable[tuple[str, datetime]]) -> list[LineRow]:
    """Every line of these periods; waits for nobody."""
    return _lines_of(connection, list(starts), "")


def _lines_of(connection: WriterConnection, wanted: list[tuple[str, datetime]], lock: str) -> list[LineRow]:
    with connection.cursor(row_factory=class_row(LineRow)) as cursor:
        cursor.execute(
            f"SELECT {LINE_COLUMNS} FROM budget_tracking WHERE (period, period_start) IN "
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
