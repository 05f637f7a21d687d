"""The order among tasks that are added together, and the state each begins in. Pure decisions."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from uuid import UUID

from chimera.core.errors import ValidationFailed
from chimera.core.vocabulary import TaskState
from chimera.storage.records.task import AddedTask, NewTask
from chimera.storage.records.task_need import NEED_LOST

_LOST = (TaskState.FAILED, TaskState.DEAD, TaskState.CANCELLED)


def beginnings(tasks: Sequence[NewTask], known: Mapping[UUID, TaskState]) -> list[AddedTask]:
    """Each task with the state it begins in, behind what it needs; those whose id is `known` are left out.

    Raises:
        ValidationFailed: two have the same id, one needs a task that nobody knows, or they need each other in a ring.
    """
    by_id = {task.id: task for task in tasks}
    if len(by_id) < len(tasks):
        raise ValidationFailed("two of these tasks have the same id: give each its own", {"field": "id"})
    states = dict(known)
    added = []
    for task_id in _in_order(by_id):
        if task_id in states:
            continue
        if task_id not in by_id:
            raise ValidationFailed(f"the task {task_id}, which another one needs, is not there", {"field": "needs"})
        states[task_id] = state = _first_state([states[need] for need in by_id[task_id].needs])
        added.append(AddedTask(by_id[task_id], state, NEED_LOST if state is TaskState.CANCELLED else None))
    return added


def _in_order(by_id: Mapping[UUID, NewTask]) -> list[UUID]:
    try:
        return list(TopologicalSorter({task.id: task.needs for task in by_id.values()}).static_order())
    except CycleError as error:
        raise ValidationFailed(
            "these tasks need each other in a ring: none could ever begin", {"field": "needs"}
        ) from error


def _first_state(needs: Sequence[TaskState]) -> TaskState:
    if any(state in _LOST for state in needs):
        return TaskState.CANCELLED
    return TaskState.QUEUED if all(state is TaskState.DONE for state in needs) else TaskState.BLOCKED
