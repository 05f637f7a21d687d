"""Table `task`: work to be done, as it is added and read. Who works on it: `task_work`; what it needs: `task_need`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import AsyncCursor
from psycopg.rows import RowMaker
from psycopg.types.json import Jsonb

from chimera.core.vocabulary import Priority, Role, TaskState
from chimera.storage.database import Connection

COLUMNS = (
    "id, kind, agent_role, priority, agent_id, payload, state, attempt, attempts_max, not_before, lease_until, "
    "host_id, worked_by, objective_id, objective_version, content_id, result, review, error, created_at, finished_at"
)


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to add. `needs` are tasks that must be done before it is queued."""

    id: UUID
    kind: str
    agent_role: Role
    payload: dict[str, Any]
    created_at: datetime
    not_before: datetime
    priority: Priority = Priority.NORMAL
    agent_id: UUID | None = None
    attempts_max: int = 3
    objective_id: UUID | None = None
    objective_version: int | None = None
    content_id: UUID | None = None
    needs: Sequence[UUID] = field(default=())


class TaskRecord(NamedTuple):
    """A row; a tuple, since thousands a second are made."""

    id: UUID
    kind: str
    agent_role: Role
    priority: Priority
    agent_id: UUID | None
    payload: dict[str, Any]
    state: TaskState
    attempt: int
    attempts_max: int
    not_before: datetime
    lease_until: datetime | None
    host_id: UUID | None
    worked_by: UUID | None
    objective_id: UUID | None
    objective_version: int | None
    content_id: UUID | None
    result: dict[str, Any] | None
    review: dict[str, Any] | None
    error: dict[str, Any] | None
    created_at: datetime
    finished_at: datetime | None


def task_row(_cursor: AsyncCursor[Any]) -> RowMaker[TaskRecord]:
    """Rows of `COLUMNS`, in their order, as records."""
    return _record


def _record(values: Sequence[Any]) -> TaskRecord:
    found = TaskRecord._make(values)
    return found._replace(
        agent_role=Role(found.agent_role), priority=Priority(found.priority), state=TaskState(found.state)
    )


@dataclass(frozen=True, slots=True)
class AddedTask:
    """A task that was not there before, with the state it begins in, and its first error if that is an end."""

    task: NewTask
    state: TaskState
    error: dict[str, Any] | None = None


async def add(connection: Connection, task: NewTask) -> bool:
    """Add a task without unmet needs or `blocked` by them; False if its id is there already, which is left as it is."""
    state = TaskState.BLOCKED if task.needs else TaskState.QUEUED
    return bool(await add_all(connection, [AddedTask(task, state)], None))


async def add_all(connection: Connection, added: Sequence[AddedTask], hinted_at: datetime | None) -> frozenset[UUID]:
    """Add tasks and their needs in two statements; answers the ids that were not there before.

    `hinted_at` is noted for the queued ones that are due by then: whoever adds them hints them next.
    """
    tasks = [entry.task for entry in added]
    cursor = await connection.execute(
        "INSERT INTO task (id, kind, agent_role, priority, agent_id, payload, state, attempts_max, not_before, "
        "hinted_at, objective_id, objective_version, content_id, error, created_at, finished_at) "
        "SELECT id, kind, agent_role, priority, agent_id, payload, state, attempts_max, not_before, "
        "CASE WHEN state = 'queued' AND not_before <= %(hinted_at)s::timestamptz THEN %(hinted_at)s::timestamptz END, "
        "objective_id, objective_version, content_id, error, created_at, "
        "CASE WHEN state = 'cancelled' THEN created_at END "
        "FROM unnest(%(ids)s::uuid[], %(kinds)s::text[], %(roles)s::text[], %(priorities)s::text[], "
        "%(agents)s::uuid[], %(payloads)s::jsonb[], %(states)s::text[], %(attempts)s::int[], "
        "%(not_before)s::timestamptz[], %(objectives)s::uuid[], %(versions)s::bigint[], %(contents)s::uuid[], "
        "%(errors)s::jsonb[], %(created)s::timestamptz[]) "
        "AS given(id, kind, agent_role, priority, agent_id, payload, state, attempts_max, not_before, objective_id, "
        "objective_version, content_id, error, created_at) ON CONFLICT (id) DO NOTHING RETURNING id",
        {
            "hinted_at": hinted_at,
            "ids": [task.id for task in tasks],
            "kinds": [task.kind for task in tasks],
            "roles": [task.agent_role.value for task in tasks],
            "priorities": [task.priority.value for task in tasks],
            "agents": [task.agent_id for task in tasks],
            "payloads": [Jsonb(task.payload) for task in tasks],
            "states": [entry.state.value for entry in added],
            "attempts": [task.attempts_max for task in tasks],
            "not_before": [task.not_before for task in tasks],
            "objectives": [task.objective_id for task in tasks],
            "versions": [task.objective_version for task in tasks],
            "contents": [task.content_id for task in tasks],
            "errors": [None if entry.error is None else Jsonb(entry.error) for entry in added],
            "created": [task.created_at for task in tasks],
        },
    )
    new = frozenset(row["id"] for row in await cursor.fetchall())
    pairs = [(task.id, need) for task in tasks if task.id in new for need in dict.fromkeys(task.needs)]
    if pairs:
        await connection.execute(
            "INSERT INTO task_need (task_id, needs_task_id) SELECT * FROM unnest(%s::uuid[], %s::uuid[])",
            ([task_id for task_id, _ in pairs], [need for _, need in pairs]),
        )
    return new


async def held_states(connection: Connection, ids: Iterable[UUID]) -> Mapping[UUID, TaskState]:
    """The states of those that are there, which can't change until this transaction ends."""
    cursor = await connection.execute(
        "SELECT id, state FROM task WHERE id = ANY(%s) ORDER BY id FOR SHARE", (list(ids),)
    )
    return {row["id"]: TaskState(row["state"]) for row in await cursor.fetchall()}


async def get(connection: Connection, task_id: UUID) -> TaskRecord | None:
    async with connection.cursor(row_factory=task_row) as cursor:
        await cursor.execute(f"SELECT {COLUMNS} FROM task WHERE id = %s", (task_id,))
        return await cursor.fetchone()
