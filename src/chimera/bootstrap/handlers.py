"""What a process does with each kind of task."""

from collections.abc import Mapping
from uuid import UUID

from chimera.contracts.task import TaskOutcome
from chimera.core.vocabulary import TaskKind, TaskState
from chimera.runtime.coordination.coordinator import Coordinator
from chimera.runtime.dispatch.running import AtOnce, Handler
from chimera.storage.records.task import TaskRecord


def handlers_of(coordinator: Coordinator) -> Mapping[str, Handler]:
    """The handler of each kind of task, those of channels by this coordinator."""
    return {TaskKind.NOOP: AtOnce(noop), **coordinator.handlers}


def noop(task: TaskRecord, agent_id: UUID) -> TaskOutcome:
    """Nothing, for measuring the way there and back."""
    del task, agent_id
    return TaskOutcome(state=TaskState.DONE, result={})
