"""From posts to one finished piece: find and choose, then the durable workflow. What `chimera run` does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from uuid import UUID

from chimera.agents.scout.agent import Scout
from chimera.contracts.asset import ToolChoice
from chimera.contracts.brief import PersonalityProfile
from chimera.contracts.choice import Choice
from chimera.contracts.escalation import Escalation
from chimera.contracts.order import ContentOrder, ContentOutcome
from chimera.contracts.trend import TrendAnalysis, TrendAnalysisRequest
from chimera.core.background import end
from chimera.core.identity import new_id
from chimera.core.progress import ProgressEvent
from chimera.core.vocabulary import Aspect, QualityPreset, Role
from chimera.pipeline import flow
from chimera.pipeline.answers import WAITING
from chimera.pipeline.crew import Crew
from chimera.pipeline.durable import Durable
from chimera.pipeline.wire import ANALYZE
from chimera.storage.records import content_pipeline, publication_plan
from chimera.storage.records.publication_plan import PlanRecord

DRAFT_EVERY_SECONDS = 0.05
WAITS_EVERY_SECONDS = 0.5

Waits = Callable[[UUID, Escalation], None]
"""Told once when a piece is found waiting for a person."""


@dataclass(frozen=True, slots=True)
class PieceWish:
    """How the piece is to be; which trend it is about is the planner's choice. `publish_at` is when it goes out, in a
    plan by `planned_by`; without one it goes out as soon as it is passed."""

    personality_profile: PersonalityProfile
    words_min: int
    words_max: int
    aspect: Aspect
    quality_preset: QualityPreset
    tools: ToolChoice
    publish_at: datetime | None = None
    planned_by: str = ""


async def find(crew: Crew, scout: Scout, request: TrendAnalysisRequest) -> TrendAnalysis:
    """What rises, written to `trends`; errors as `Scout.analyze`."""
    crew.progress(ProgressEvent(flow.FIND.name, 0.0, "reading posts"))
    async with crew.presence.working(Role.SCOUT, new_id(crew.clock), crew.agent_ids[Role.SCOUT]):
        analysis = await crew.wire.call(ANALYZE, crew.agent_ids[Role.PLANNER], partial(scout.analyze, request))
    found = f"{len(analysis.trends)} rising in {analysis.execution_time_ms / 1000:.1f} s"
    crew.progress(ProgressEvent(flow.FIND.name, 1.0, found))
    return analysis


async def choose(crew: Crew, analysis: TrendAnalysis, budget_usd: Decimal) -> Choice:
    """The planner's choice among what was found."""
    crew.progress(ProgressEvent(flow.CHOOSE.name, 0.0, "weighing"))
    async with crew.presence.working(Role.PLANNER, new_id(crew.clock), crew.agent_ids[Role.PLANNER]):
        choice = await crew.planner.choose(analysis.trends, budget_usd)
    crew.progress(ProgressEvent(flow.CHOOSE.name, 1.0, choice.topic or choice.reason))
    return choice


@asynccontextmanager
async def choosing_alone(crew: Crew) -> AsyncIterator[None]:
    """While the block runs no other run chooses a topic: what this one begins in it is seen by the next."""
    async with crew.database.transaction() as connection:
        await content_pipeline.lock_choosing(connection)
        yield


async def begin(crew: Crew, durable: Durable, trend_id: UUID, wish: PieceWish) -> UUID:
    """Start the piece's workflow and return once its draft stands, or once it has failed before that."""
    order = ContentOrder(
        content_id=new_id(crew.clock),
        trend_id=trend_id,
        personality_profile=wish.personality_profile,
        words_min=wish.words_min,
        words_max=wish.words_max,
        aspect=wish.aspect,
        quality_preset=wish.quality_preset,
        tools=wish.tools,
    )
    if wish.publish_at is not None:
        planned = PlanRecord(order.content_id, wish.publish_at, "planned", 1, wish.planned_by, crew.clock.now())
        async with crew.database.transaction() as connection:
            await publication_plan.put(connection, planned, over_version=0)
    await durable.start(order.content_id, order.model_dump(mode="json"))
    ending = asyncio.create_task(durable.result(order.content_id))
    try:
        while not ending.done() and not await _stands(crew, order.content_id):
            await asyncio.wait({ending}, timeout=DRAFT_EVERY_SECONDS)
    finally:
        await end(ending)
    return order.content_id


async def _stands(crew: Crew, content_id: UUID) -> bool:
    async with crew.database.transaction() as connection:
        return await content_pipeline.get(connection, content_id) is not None


async def outcome_of(
    crew: Crew, durable: Durable, content_id: UUID, *, wait_seconds: float, waits: Waits
) -> ContentOutcome | Escalation:
    """The outcome of a piece under way, once there; or what a person must answer first, if it has waited so long for
    that answer. The piece goes on waiting then, and whoever follows it next gets its outcome.

    Raises:
        ChimeraError: why it failed.
    """
    ending = asyncio.create_task(durable.result(content_id))
    told_at: float | None = None
    try:
        while not (await asyncio.wait({ending}, timeout=WAITS_EVERY_SECONDS))[0]:
            escalation = await _waits_for(crew, content_id)
            if escalation is None:
                continue
            if told_at is None:
                told_at = crew.clock.monotonic()
                waits(content_id, escalation)
            if crew.clock.monotonic() - told_at >= wait_seconds:
                return escalation
        return ContentOutcome.model_validate(ending.result())
    finally:
        await end(ending)


async def _waits_for(crew: Crew, content_id: UUID) -> Escalation | None:
    """The question that a person has not answered yet, if the piece waits for one."""
    async with crew.database.transaction() as connection:
        piece = await content_pipeline.get(connection, content_id)
    tx_id = piece.metadata.get("waits_for") if piece else None
    if tx_id is None:
        return None
    escalation = await crew.cfo.escalation(UUID(tx_id))
    return escalation if escalation.state == WAITING else None
