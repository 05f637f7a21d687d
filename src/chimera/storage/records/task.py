"""Table `task`: work to be done, and who may finish it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from chimera.core.vocabulary import Priority, Role, TaskState
from chimera.storage.database import Connection

_COLUMNS = (
    "id, kind, agent_role, priority, agent_id, payload, state, attempt, attempts_max, not_before, lease_until, host_id, "
    "worked_by, objective_id, objective_version, content_id, result, review, error, created_at, finished_at"
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


@dataclass(frozen=True, slots=True)
class TaskRecord:
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

    def __post_init__(self) -> None:
        object.__setattr__(self, "agent_role", Role(self.agent_role))
        object.__setattr__(self, "priority", Priority(self.priority))
        object.__setattr__(self, "state", TaskState(self.state))


async def add(connection: Connection, task: NewTask) -> bool:
    """Add the task, `blocked` if it needs others; False if its id is there already, which is left as it is."""
    cursor = await connection.execute(
        "INSERT INTO task (id, kind, agent_role, priority, agent_id, payload, state, attempts_max, not_before, "
        "objective_id, objective_version, content_id, created_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING",
        (
            task.id,
            task.kind,
            task.agent_role,
            task.priority,
            task.agent_id,
            Jsonb(task.payload),
            TaskState.BLOCKED if task.needs else TaskState.QUEUED,
            task.attempts_max,
            task.not_before,
            task.objective_id,
            task.objective_version,
            task.content_id,
            task.created_at,
        ),
    )
    if cursor.rowcount == 0:
        return False
    for needed in task.needs:
        await connection.execute("INSERT INTO task_need (task_id, needs_task_id) VALUES (%s, %s)", (task.id, needed))
    return True


async def get(connection: Connection, task_id: UUID) -> TaskRecord | None:
    async with connection.cursor(row_factory=class_row(TaskRecord)) as cursor:
        await cursor.execute(f"SELECT {_COLUMNS} FROM task WHERE id = %s", (task_id,))
        return await cursor.fetchone()
