"""`internal.agent.scout.analyze` (specification section 3) over the source this process was given."""

import asyncio

from chimera.contracts.trend import TrendAnalysis, TrendAnalysisRequest
from chimera.core.errors import AgentOffline, NoTrends, RateLimited, SourceUnavailable, ValidationFailed
from chimera.core.identity import new_id
from chimera.core.vocabulary import Role
from chimera.runtime.operations.agents_at_hand import AgentsAtHand
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import WRITING, AnyOperation, Call, Operation

AT_ONCE_MAX = 2
"""Each keeps a processor busy for as long as it takes."""
WAITING_MAX = 32


def scouting_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    """The scout's subject, where this process has a scout."""
    if desk.agents is None:
        return ()
    return (
        Operation(
            name="internal.agent.scout.analyze",
            summary="What is rising in the source: one to twenty trends, the strongest first, each recorded.",
            method="POST",
            path="/v1/internal.agent.scout.analyze",
            asks=TrendAnalysisRequest,
            answers=TrendAnalysis,
            run=_Analyzing(desk, desk.agents).analyze,
            right=None,
            failures=(NoTrends, SourceUnavailable, ValidationFailed, AgentOffline, RateLimited),
            rate=WRITING,
        ),
    )


class _Analyzing:
    def __init__(self, desk: Desk, agents: AgentsAtHand) -> None:
        self._clock = desk.clock
        self._agents = agents
        self._room = asyncio.Semaphore(AT_ONCE_MAX)
        self._waiting = 0

    async def analyze(self, call: Call, asked: TrendAnalysisRequest) -> TrendAnalysis:
        del call
        if self._waiting >= WAITING_MAX:
            raise RateLimited(f"{WAITING_MAX} analyses wait already: ask again a little later")
        self._waiting += 1
        try:
            async with self._room:
                return await self._agents.work(
                    Role.SCOUT, new_id(self._clock), lambda scout: self._agents.analyze(scout, asked)
                )
        finally:
            self._waiting -= 1
