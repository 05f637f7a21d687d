"""Figures about the whole studio for its metrics: each one cheap enough to be asked every few seconds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chimera.core.vocabulary import BudgetCategory, BudgetPeriod, Priority, Role
from chimera.storage.database import Connection

FIGURES_SECONDS_MAX = 5
_QUEUED_ROWS_MAX = 200_000
"""Waiting tasks are counted so far and no further."""


@dataclass(frozen=True, slots=True)
class BudgetFigure:
    """A line of the period under way. `spent` is without what is only held, so that it never falls within a period."""

    period: BudgetPeriod
    category: BudgetCategory
    spent_usd: float
    held_usd: float
    limit_usd: float
    remaining_usd: float


@dataclass(frozen=True, slots=True)
class Counts:
    holds_open: int
    holds_open_usd: float
    escalations_waiting: int
    reviews_waiting: int
    dead_letters: int
    tasks_running: int
    hosts_alive: int
    halted: bool
    spending_paused: bool


async def bounded(connection: Connection) -> None:
    """Let no statement of this transaction take longer than a scrape may."""
    await connection.execute(f"SET LOCAL statement_timeout = '{FIGURES_SECONDS_MAX}s'")


async def budgets(connection: Connection, at: datetime) -> list[BudgetFigure]:
    """The lines of the periods under way."""
    cursor = await connection.execute(
        "SELECT period, category, spent_amount + debt_amount - held_amount AS spent, held_amount AS held, "
        "limit_amount AS limited, "
        "greatest(limit_amount - spent_amount - debt_amount - carried_amount, 0) AS remaining "
        "FROM budget_tracking WHERE period_start <= %s AND period_end > %s ORDER BY period, category",
        (at, at),
    )
    return [
        BudgetFigure(
            BudgetPeriod(row["period"]),
            BudgetCategory(row["category"]),
            float(row["spent"]),
            float(row["held"]),
            float(row["limited"]),
            float(row["remaining"]),
        )
        for row in await cursor.fetchall()
    ]


async def ledger_rows(connection: Connection, after_seq: int) -> tuple[int, Mapping[bool, int]]:
    """The last row, and how many of those behind `after_seq` were approved and not; rows are entered in their order."""
    cursor = await connection.execute(
        "SELECT approved, count(*) AS rows, max(seq) AS last FROM ledger WHERE seq > %s GROUP BY approved",
        (after_seq,),
        prepare=False,
    )
    rows = await cursor.fetchall()
    return max((row["last"] for row in rows), default=after_seq), {row["approved"]: row["rows"] for row in rows}


async def counts(connection: Connection, at: datetime) -> Counts:
    cursor = await connection.execute(
        "SELECT (SELECT count(*) FROM spend_hold) AS holds, "
        "(SELECT coalesce(sum(row.amount_micros), 0) FROM spend_hold JOIN ledger row USING (tx_id)) AS held_micros, "
        "(SELECT count(*) FROM escalation) AS escalations, "
        "(SELECT count(*) FROM review_item WHERE state = 'waiting') AS reviews, "
        "(SELECT count(*) FROM dead_letter) AS letters, "
        "(SELECT count(*) FROM task WHERE state = 'running') AS running, "
        "(SELECT count(*) FROM executor_slot WHERE lease_until > %s) AS hosts, "
        "EXISTS (SELECT 1 FROM studio_halt WHERE ended_at IS NULL) AS halted, "
        "EXISTS (SELECT 1 FROM ledger_head WHERE paused_by IS NOT NULL) AS paused",
        (at,),
    )
    row = await cursor.fetchone()
    if row is None:
        raise AssertionError("a SELECT without FROM gives a row")
    return Counts(
        holds_open=row["holds"],
        holds_open_usd=float(row["held_micros"]) / 1_000_000,
        escalations_waiting=row["escalations"],
        reviews_waiting=row["reviews"],
        dead_letters=row["letters"],
        tasks_running=row["running"],
        hosts_alive=row["hosts"],
        halted=row["halted"],
        spending_paused=row["paused"],
    )


async def queued(connection: Connection) -> dict[tuple[Role, Priority], int]:
    """How many tasks wait, by role and priority."""
    cursor = await connection.execute(
        "SELECT agent_role, priority, count(*) AS tasks FROM (SELECT agent_role, priority FROM task "
        "WHERE state = 'queued' LIMIT %s) AS waiting GROUP BY agent_role, priority",
        (_QUEUED_ROWS_MAX,),
    )
    return {(Role(row["agent_role"]), Priority(row["priority"])): row["tasks"] for row in await cursor.fetchall()}


async def hosted(connection: Connection) -> dict[Role, int]:
    """How many agents a process hosts, by role."""
    cursor = await connection.execute(
        "SELECT role, count(*) AS agents FROM crew_member JOIN agents ON agents.id = crew_member.agent_id "
        "WHERE retired_at IS NULL AND host_id IS NOT NULL GROUP BY role"
    )
    return {Role(row["role"]): row["agents"] for row in await cursor.fetchall()}
