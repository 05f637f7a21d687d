"""From posts to one finished piece: find and choose, then the durable workflow. What `chimera run` does."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from chimera.agents.scout.agent import Scout
from chimera.contracts.asset import ToolChoice
from chimera.contracts.brief import PersonalityProfile
from chimera.contracts.choice import Choice
from chimera.contracts.order import ContentOrder, ContentOutcome
from chimera.contracts.trend import TrendAnalysis, TrendAnalysisRequest
from chimera.core.identity import new_id
from chimera.core.progress import ProgressEvent
from chimera.core.vocabulary import Aspect, QualityPreset, Role
from chimera.pipeline import flow
from chimera.pipeline.crew import Crew
from chimera.pipeline.durable import Durable


@dataclass(frozen=True, slots=True)
class PieceWish:
    """How the piece is to be; which trend it is about is the planner's choice."""

    personality_profile: PersonalityProfile
    words_min: int
    words_max: int
    aspect: Aspect
    quality_preset: QualityPreset
    tools: ToolChoice


async def find(crew: Crew, scout: Scout, request: TrendAnalysisRequest) -> TrendAnalysis:
    """What rises, written to `trends`; errors as `Scout.analyze`."""
    crew.progress(ProgressEvent(flow.FIND.name, 0.0, "reading posts"))
    async with crew.presence.working(Role.SCOUT, crew.agent_ids[Role.SCOUT]):
        analysis = await scout.analyze(request)
    found = f"{len(analysis.trends)} rising in {analysis.execution_time_ms / 1000:.1f} s"
    crew.progress(ProgressEvent(flow.FIND.name, 1.0, found))
    return analysis


async def choose(crew: Crew, analysis: TrendAnalysis, budget_usd: Decimal) -> Choice:
    """The planner's choice among what was found."""
    crew.progress(ProgressEvent(flow.CHOOSE.name, 0.0, "weighing"))
    async with crew.presence.working(Role.PLANNER, crew.agent_ids[Role.PLANNER]):
        choice = await crew.planner.choose(analysis.trends, budget_usd)
    crew.progress(ProgressEvent(flow.CHOOSE.name, 1.0, choice.topic or choice.reason))
    return choice


async def make(crew: Crew, durable: Durable, trend_id: UUID, wish: PieceWish) -> ContentOutcome:
    """Start the piece's workflow and wait for its end; raises why it failed."""
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
    await durable.start(order.content_id, order.model_dump(mode="json"))
    return await outcome_of(durable, order.content_id)


async def outcome_of(durable: Durable, content_id: UUID) -> ContentOutcome:
    """The outcome of a piece under way, once there; raises why it failed."""
    return ContentOutcome.model_validate(await durable.result(content_id))
