"""Tasks as outside callers make and see them (`/v1/tasks`), and what a production answers while it runs."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from chimera.contracts.asset import ProductionRequest
from chimera.contracts.contract import Contract, Moment
from chimera.contracts.progress import PieceProgress
from chimera.core.vocabulary import Priority, Role, TaskKind, TaskState

OutsideKind = Literal[TaskKind.PRODUCE, TaskKind.PLAN, TaskKind.NOOP]


class PlanOrder(Contract):
    """Plan this objective now, instead of at the next round."""

    objective_id: UUID


class NoopOrder(Contract):
    """Do nothing, for measuring the way there and back."""


ORDERS: dict[TaskKind, type[Contract]] = {
    TaskKind.PRODUCE: ProductionRequest,
    TaskKind.PLAN: PlanOrder,
    TaskKind.NOOP: NoopOrder,
}
"""What a task's payload is, by its kind."""
AGENT_ROLES: dict[TaskKind, Role] = {
    TaskKind.PRODUCE: Role.ARTIST,
    TaskKind.PLAN: Role.PLANNER,
    TaskKind.NOOP: Role.WORKER,
}
"""Who does tasks of the kind."""


class TaskOrder(Contract):
    """A task to make. `payload` is artist.produce's body for `produce`, `{"objective_id"}` for `plan`, `{}`."""

    kind: OutsideKind
    payload: dict[str, Any] = Field(default_factory=dict)
    priority: Priority = Priority.NORMAL
    not_before: Moment | None = None


class TaskAccepted(Contract):
    """It takes longer: `status_url` tells what becomes of it."""

    task_id: UUID
    status_url: str


class TaskFailure(Contract):
    """Why a task did not end well."""

    code: str
    message: str
    details: dict[str, Any]


class TaskView(Contract):
    """A task as it stands. `waiting` asks for a person; `progress` is what its piece is doing, as far as it is known;
    `output` is what it gave: section 3's asset for a production."""

    task_id: UUID
    kind: str
    agent_role: Role
    priority: Priority
    state: TaskState
    attempt: Annotated[int, Field(ge=0)]
    content_id: UUID | None
    objective_id: UUID | None
    progress: PieceProgress | None
    output: dict[str, Any] | None
    error: TaskFailure | None
    created_at: Moment
    finished_at: Moment | None
    status_url: str


class TaskPage(Contract):
    """The newest first; `next_cursor` asks for the older ones behind them."""

    tasks: tuple[TaskView, ...]
    next_cursor: str | None


def status_url(task_id: UUID) -> str:
    """Where a task is looked at."""
    return f"/v1/tasks/{task_id}"
