"""A hint in `task_queue:{priority}` (specification section 4)."""

from uuid import UUID

from chimera.contracts.contract import Contract
from chimera.core.vocabulary import Role


class TaskMessage(Contract):
    task_id: UUID
    agent_role: Role
