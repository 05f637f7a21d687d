"""A task: the queue's message (specification section 4, `task_queue:{priority}`), and what came of one attempt."""

from typing import Any, Literal
from uuid import UUID

from chimera.contracts.contract import Contract
from chimera.core.vocabulary import Role, TaskState

QUEUE_MESSAGE_BYTES_MAX = 1024


class TaskMessage(Contract):
    """A hint that a task's row waits for an agent of a role. It carries nothing else."""

    task_id: UUID
    agent_role: Role


class TaskOutcome(Contract):
    """What a task's work gave. `review` asks for a judge's word before it counts."""

    state: Literal[TaskState.DONE, TaskState.REVIEW, TaskState.WAITING]
    result: dict[str, Any]
