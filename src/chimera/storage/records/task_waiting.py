"""Table `task`, as a queue: what waits, in which order, and what has to be hinted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from chimera.core.vocabulary import Priority, Role, TaskState
from chimera.storage.database import Connection
from chimera.storage.records.task import COLUMNS, TaskRecord, task_row
from chimera.storage.records.task_need import ReadyTask

_URGENCY = "array_position(ARRAY['critical', 'high', 'normal', 'low']::text[], priority::text)"


@dataclass(frozen=True, slots=True)
class AddressedTask:
    id: UUID
    agent_role: Role
    agent_id: UUID


@dataclass(frozen=True, slots=True)
class QueueCount:
    """How many tasks of a state and priority there are, and since when the oldest of them is there."""

    state: TaskState
    priority: Priority
    tasks: int
    oldest: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", TaskState(self.state))
        object.__setattr__(self, "priority", Priority(self.priority))


async def waiting(connection: Connection, demand: Mapping[Role, int], now: datetime) -> list[ReadyTask]:
    """The oldest due tasks of each role and priority, at most the role's number of each; locked, others skip them."""
    cursor = await connection.execute(
        "SELECT found.id, wanted.role, wanted.priority FROM "
        "(SELECT role, amount, priority FROM unnest(%s::text[], %s::int[]) AS given(role, amount) "
        "CROSS JOIN unnest(%s::text[]) AS priority) AS wanted "
        "CROSS JOIN LATERAL (SELECT id FROM task WHERE state = 'queued' AND agent_role = wanted.role "
        "AND priority = wanted.priority AND not_before <= %s AND agent_id IS NULL "
        "ORDER BY not_before LIMIT wanted.amount FOR UPDATE SKIP LOCKED) AS found",
        ([role.value for role in demand], list(demand.values()), [word.value for word in Priority], now),
    )
    return [ReadyTask(row["id"], Role(row["role"]), Priority(row["priority"])) for row in await cursor.fetchall()]


async def addressed_to(connection: Connection, host_id: UUID, now: datetime, limit: int) -> list[AddressedTask]:
    """Due tasks addressed to agents of this host, the most urgent and then the oldest first."""
    cursor = await connection.execute(
        "SELECT task.id, agent_role, task.agent_id FROM task JOIN crew_member USING (agent_id) "
        "WHERE state = 'queued' AND task.agent_id IS NOT NULL AND not_before <= %s AND crew_member.host_id = %s "
        f"ORDER BY {_URGENCY}, not_before LIMIT %s",
        (now, host_id, limit),
    )
    return [AddressedTask(row["id"], Role(row["agent_role"]), row["agent_id"]) for row in await cursor.fetchall()]


async def agents_at_work(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Role]:
    """Those of these agents that a process hosts and that are not offline, with their roles."""
    cursor = await connection.execute(
        "SELECT id, role FROM agents JOIN crew_member ON agent_id = id WHERE id = ANY(%s) AND status <> 'offline' "
        "AND host_id IS NOT NULL AND retired_at IS NULL",
        (list(ids),),
    )
    return {row["id"]: Role(row["role"]) for row in await cursor.fetchall()}


async def try_sweeping(connection: Connection) -> bool:
    """Whether nobody else sweeps; nobody will until this transaction ends."""
    cursor = await connection.execute("SELECT pg_try_advisory_xact_lock(hashtext('task/sweeping')) AS mine")
    row = await cursor.fetchone()
    return row is not None and bool(row["mine"])


async def take_unhinted(connection: Connection, now: datetime, limit: int) -> list[ReadyTask]:
    """Due tasks that were never hinted since they were queued, noted as hinted now."""
    cursor = await connection.execute(
        "WITH due AS (SELECT id FROM task WHERE state = 'queued' AND hinted_at IS NULL AND not_before <= %(now)s "
        "AND agent_id IS NULL ORDER BY not_before LIMIT %(limit)s FOR UPDATE SKIP LOCKED) "
        "UPDATE task SET hinted_at = %(now)s FROM due WHERE task.id = due.id "
        "RETURNING task.id, task.agent_role, task.priority",
        {"now": now, "limit": limit},
    )
    return [ReadyTask(row["id"], Role(row["agent_role"]), Priority(row["priority"])) for row in await cursor.fetchall()]


async def take_stale(
    connection: Connection, now: datetime, hinted_before: datetime, missing: Mapping[tuple[Role, Priority], int]
) -> list[ReadyTask]:
    """Due tasks whose last hint is the oldest, at most so many of each role and priority, noted as hinted now."""
    keys = list(missing)
    cursor = await connection.execute(
        "WITH stale AS (SELECT found.id FROM unnest(%(roles)s::text[], %(priorities)s::text[], %(amounts)s::int[]) "
        "AS wanted(role, priority, amount) CROSS JOIN LATERAL (SELECT id FROM task WHERE state = 'queued' "
        "AND agent_role = wanted.role AND priority = wanted.priority AND not_before <= %(now)s "
        "AND hinted_at < %(before)s AND agent_id IS NULL ORDER BY hinted_at LIMIT wanted.amount "
        "FOR UPDATE SKIP LOCKED) AS found) "
        "UPDATE task SET hinted_at = %(now)s FROM stale WHERE task.id = stale.id "
        "RETURNING task.id, task.agent_role, task.priority",
        {
            "roles": [role.value for role, _ in keys],
            "priorities": [priority.value for _, priority in keys],
            "amounts": list(missing.values()),
            "now": now,
            "before": hinted_before,
        },
    )
    return [ReadyTask(row["id"], Role(row["agent_role"]), Priority(row["priority"])) for row in await cursor.fetchall()]


async def due_counts(connection: Connection, now: datetime) -> dict[tuple[Role, Priority], int]:
    """How many tasks addressed to no single agent are queued and due, by role and priority."""
    cursor = await connection.execute(
        "SELECT agent_role, priority, count(*) AS tasks FROM task "
        "WHERE state = 'queued' AND not_before <= %s AND agent_id IS NULL GROUP BY agent_role, priority",
        (now,),
    )
    return {(Role(row["agent_role"]), Priority(row["priority"])): row["tasks"] for row in await cursor.fetchall()}


async def counts(connection: Connection) -> Sequence[QueueCount]:
    async with connection.cursor(row_factory=class_row(QueueCount)) as cursor:
        await cursor.execute(
            "SELECT state, priority, count(*) AS tasks, min(created_at) AS oldest FROM task GROUP BY state, priority "
            f"ORDER BY state, {_URGENCY}"
        )
        return await cursor.fetchall()


async def done_since(connection: Connection, since: datetime) -> int:
    """How many tasks were done since then."""
    cursor = await connection.execute(
        "SELECT count(*) AS tasks FROM task WHERE state = 'done' AND finished_at >= %s", (since,)
    )
    row = await cursor.fetchone()
    return int(row["tasks"]) if row else 0


async def next_tasks(connection: Connection, limit: int) -> list[TaskRecord]:
    """What is queued, the most urgent and then the earliest due first."""
    async with connection.cursor(row_factory=task_row) as cursor:
        await cursor.execute(
            f"SELECT {COLUMNS} FROM task WHERE state = 'queued' ORDER BY {_URGENCY}, not_before, id LIMIT %s", (limit,)
        )
        return await cursor.fetchall()
