"""The scout and the director of a front door. What they are made of is loaded when they are first asked: a server is
there sooner without it."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache
from uuid import UUID

from chimera.bootstrap.studio import Studio
from chimera.contracts.brief import Brief, BriefRequest
from chimera.contracts.trend import TrendAnalysis, TrendAnalysisRequest
from chimera.runtime.operations.agents_at_hand import AgentsAtHand, Presence
from chimera.sources.standing import StandingSource

Analyze = Callable[[UUID, TrendAnalysisRequest], Awaitable[TrendAnalysis]]
CreateBrief = Callable[[UUID, BriefRequest, UUID], Awaitable[Brief]]


def agents_at_hand(studio: Studio, presence: Presence, source: StandingSource) -> AgentsAtHand:
    """The agents that `presence` hosts, the scout set to `source`."""

    @cache
    def scouting() -> Analyze:
        return _scouting(studio, source)

    @cache
    def directing() -> CreateBrief:
        return _directing(studio)

    async def analyze(agent_id: UUID, asked: TrendAnalysisRequest) -> TrendAnalysis:
        return await (await asyncio.to_thread(scouting))(agent_id, asked)

    async def create_brief(agent_id: UUID, asked: BriefRequest, content_id: UUID) -> Brief:
        return await (await asyncio.to_thread(directing))(agent_id, asked, content_id)

    return AgentsAtHand(presence, analyze, create_brief)


def _scouting(studio: Studio, source: StandingSource) -> Analyze:
    from chimera.agents.scout.look import KeptLooks
    from chimera.bootstrap.scouting import scout_of

    looks = KeptLooks()

    async def analyze(agent_id: UUID, asked: TrendAnalysisRequest) -> TrendAnalysis:
        posts, as_of = await asyncio.to_thread(source.current)
        return await scout_of(studio, agent_id, posts, as_of, looks).analyze(asked)

    return analyze


def _directing(studio: Studio) -> CreateBrief:
    from chimera.agents.director.agent import Director
    from chimera.agents.director.price_book import shipped_price_book

    prices = shipped_price_book()

    async def create_brief(agent_id: UUID, asked: BriefRequest, content_id: UUID) -> Brief:
        return await Director(agent_id, studio.database, studio.clock, prices).create_brief(
            asked, content_id=content_id
        )

    return create_brief
