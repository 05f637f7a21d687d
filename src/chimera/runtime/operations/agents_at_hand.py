"""The agents of this process that do what outside callers ask for there and then."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar
from uuid import UUID

from chimera.contracts.brief import Brief, BriefRequest
from chimera.contracts.trend import TrendAnalysis, TrendAnalysisRequest
from chimera.core.errors import BadInput, ChimeraError, NoTrends, SourceUnavailable
from chimera.core.vocabulary import Role

Given = TypeVar("Given")
_THE_ASKERS = (BadInput, NoTrends, SourceUnavailable)
"""What the one who asked has to mend is no failure of the agent that was asked."""


class Presence(Protocol):
    """Shows an agent of this process as busy while a block runs."""

    def working(self, role: Role, task_id: UUID, agent_id: UUID | None = None) -> AbstractAsyncContextManager[UUID]: ...


@dataclass(frozen=True, slots=True)
class AgentsAtHand:
    """`analyze` is the scout's verb in the name of an agent, `create_brief` the director's for a new piece's id."""

    presence: Presence
    analyze: Callable[[UUID, TrendAnalysisRequest], Awaitable[TrendAnalysis]]
    create_brief: Callable[[UUID, BriefRequest, UUID], Awaitable[Brief]]

    async def work(self, role: Role, task_id: UUID, work: Callable[[UUID], Awaitable[Given]]) -> Given:
        """What an agent of the role makes of it.

        Raises:
            AgentOffline: no agent of the role takes work here.
            ChimeraError: what `work` raised.
        """
        async with self.presence.working(role, task_id) as agent_id:
            try:
                return await work(agent_id)
            except _THE_ASKERS as refusal:
                refused: ChimeraError = refusal
        raise refused
