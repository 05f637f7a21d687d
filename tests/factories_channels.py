"""Objectives and channels for tests of the planner's coordination."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chimera.agents.planner.channel import Channel, OrderedTask
from chimera.agents.planner.planning import Plan, PlannedTask
from chimera.contracts.contract import FROM_JSON
from chimera.contracts.objective import Objective
from chimera.core.vocabulary import TaskKind, TaskState

CHANNEL_ID = UUID("00000000-0000-4000-8000-0000000000c1")


def make_objective(**changes: Any) -> Objective:
    """A small channel; without a cadence among the changes, a piece every hour."""
    values: dict[str, Any] = {"name": "counts", "daily_budget_usd": 5, "piece_budget_usd": 0.5, "prepare": "10m"}
    if not {"per_day", "every", "publish_at"} & changes.keys():
        values["every"] = "1h"
    return Objective.model_validate(values | changes, context={FROM_JSON: True})


def make_channel(objective: Objective, first_at: datetime, *tasks: OrderedTask) -> Channel:
    return Channel(CHANNEL_ID, 1, objective, first_at, first_at, tasks)


def ordered(planned: PlannedTask, at: datetime, state: TaskState = TaskState.QUEUED, **facts: Any) -> OrderedTask:
    """The task as its row would tell of it."""
    return OrderedTask(
        id=planned.id, kind=planned.kind, slot=datetime.fromisoformat(planned.payload["slot"]),
        attempt=planned.payload["attempt"], state=state, created_at=at, **facts,
    )  # fmt: skip


def made(plan: Plan, at: datetime, **facts: Any) -> list[OrderedTask]:
    """Every task of the plan done, as if each piece was published at once."""
    return [
        ordered(task, at, TaskState.DONE, ended_at=at, **(facts if task.kind is TaskKind.CONTENT else {}))
        for task in plan.tasks
    ]


def failed(plan: Plan, kind: TaskKind, code: str, at: datetime, **facts: Any) -> list[OrderedTask]:
    """The plan's tasks when that of `kind` failed with the code: those before it done, those after it cancelled."""
    found, state = [], TaskState.DONE
    for task in plan.tasks:
        if task.kind is kind:
            found.append(ordered(task, at, TaskState.FAILED, ended_at=at, code=code, reason=code.lower(), **facts))
            state = TaskState.CANCELLED
        else:
            found.append(ordered(task, at, state, ended_at=at))
    return found


def step(moment: datetime, **length: float) -> datetime:
    return moment + timedelta(**length)
