"""What a process does with each kind of task."""

from collections.abc import Mapping
from uuid import UUID

from chimera.bootstrap.coordination import coordinator_of, queue_of
from chimera.bootstrap.workshop import Workshop
from chimera.contracts.task import TaskOutcome
from chimera.core.vocabulary import TaskKind, TaskState
from chimera.runtime.coordination.coordinator import Coordinator
from chimera.runtime.dispatch.running import AtOnce, Handler
from chimera.storage.records.task import TaskRecord


def handlers_of(workshop: Workshop, coordinator: Coordinator | None = None) -> Mapping[str, Handler]:
    """The handler of each kind of task that this workshop can do, those of channels by this coordinator or its own."""
    coordinator = coordinator or coordinator_of(workshop, queue_of(workshop))
    return {TaskKind.NOOP: AtOnce(noop), **coordinator.handlers}


def noop(task: TaskRecord, agent_id: UUID) -> TaskOutcome:
    """Nothing, for measuring the way there and back."""
    del task, agent_id
    return TaskOutcome(state=TaskState.DONE, result={})
