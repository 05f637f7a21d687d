"""What the dispatcher needs of whoever hosts the agents."""

from typing import Protocol
from uuid import UUID

from chimera.core.vocabulary import Role


class Roster(Protocol):
    """The agents of this process. Nothing here waits for anything."""

    def acquire(self, role: Role, task_id: UUID, agent_id: UUID | None = None) -> UUID | None:
        """An idle agent of the role (this one, if given), busy from now on; None if there is none."""

    def release(self, agent_id: UUID, took_ms: int, *, failed: bool) -> None:
        """The agent is idle again."""

    def idle(self, role: Role) -> int:
        """How many agents of the role could begin something now."""
