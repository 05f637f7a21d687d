"""A crew that makes pieces without tools: stand-ins for the roles around a CFO, on a real database."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Self, cast
from uuid import UUID, uuid4

from chimera.agents.artist.production import Production, ProductionOptions, production_request_id
from chimera.agents.cfo.agent import Cfo
from chimera.contracts.approval import SignedDecision
from chimera.contracts.asset import AssetFile, ProductionRequest, ToolChoice
from chimera.contracts.brief import BrandGuidelines, Brief, BriefRequest, PersonalityProfile
from chimera.contracts.order import ContentOrder
from chimera.contracts.publication import Publication
from chimera.contracts.review import (
    QualityReport,
    QualityRequest,
    Review,
    ReviewOutcome,
    SafetyReport,
    SafetyVerdict,
)
from chimera.core.clock import FixedClock
from chimera.core.errors import ChimeraError
from chimera.core.money import usd_from_micros
from chimera.core.progress import Progress, silent
from chimera.core.vocabulary import Aspect, ContentFormat, FileType, QualityPreset, Role, Stage
from chimera.pipeline.answers import Answers
from chimera.pipeline.content import ContentWorkflow
from chimera.pipeline.crew import Crew
from chimera.pipeline.durable import Durable, open_durable
from chimera.pipeline.host import Host
from chimera.pipeline.stages import Stages
from chimera.pipeline.wire import Wire
from chimera.storage.database import Database
from chimera.storage.records import agents, content_pipeline, ledger, trends
from chimera.storage.records.content_pipeline import ContentRecord
from chimera.storage.records.trends import TrendRecord
from chimera.treasury.treasury import Treasury
from factories_identity import open_identity
from factories_production import AS_OF, make_evidence, make_storyboard

LOOK_EVERY_SECONDS = 0.05
_LOCAL = ToolChoice(image="local", video="local", audio="local")
PROFILE = PersonalityProfile(
    name="Plain", tone="dry", target_audience="all", brand_guidelines=BrandGuidelines(voice="casual", avoid=())
)


class StandIn:
    """Speaks as whoever it is told, and stays the one that the test holds."""

    def speaking_as(self, agent_id: UUID) -> Self:
        del agent_id
        return self


@dataclass
class Director(StandIn):
    """Writes a draft that is estimated at `cost`."""

    database: Database
    agent_id: UUID
    cost: Decimal = Decimal("0.50")
    roi: Decimal = Decimal("2.5")
    at_work: Callable[[], Awaitable[object]] | None = None

    async def create_brief(self, request: BriefRequest, *, content_id: UUID, options: object) -> Brief:
        del options
        if self.at_work is not None:
            await self.at_work()
        board = make_storyboard()
        estimate = {
            "duration_seconds": 40, "tools": [], "total_micros": int(self.cost * 1_000_000), "notes": [],
            "estimated_cost_usd": float(self.cost), "usd_per_cpu_hour": 0.1, "price_book_as_of": "2026-01-01",
        }  # fmt: skip
        metadata = {
            "storyboard": board.model_dump(mode="json"), "cost_estimate": estimate, "projected_roi": float(self.roi)
        }  # fmt: skip
        async with self.database.transaction() as connection:
            await content_pipeline.insert_draft(
                connection, content_id, trend_id=request.trend_id, script=board.script, visual_prompts=[],
                metadata=metadata, director_agent_id=self.agent_id,
            )  # fmt: skip
        return Brief(
            brief_id=content_id, trend_id=request.trend_id, format=ContentFormat.VIDEO, script=board.script,
            visual_prompts=(), tone_guidelines="", target_platforms=(), estimated_cost=self.cost,
            projected_engagement=Decimal("0.1"), execution_time_ms=1,
        )  # fmt: skip


@dataclass
class Artist(StandIn):
    """Produces at `cost` and in `takes`, or fails as told; `used_usd` is what its jobs left. `produced` tells each
    call's attempt."""

    clock: FixedClock
    takes: timedelta = timedelta(0)
    cost: Decimal = Decimal("0.20")
    fails: list[ChimeraError] = field(default_factory=list)
    no_room: ChimeraError | None = None
    late: timedelta | None = None
    meanwhile: Callable[[], Awaitable[object]] | None = None
    at_work: Callable[[], Awaitable[object]] | None = None
    used_usd: Decimal | None = Decimal(0)
    produced: list[int] = field(default_factory=list)

    async def clear_work(self, content_id: UUID) -> None:
        del content_id

    async def open_work(self, content_id: UUID) -> None:
        del content_id
        if self.no_room is not None:
            raise self.no_room
        if self.late is not None:
            self.clock.advance(self.late)
            self.late = None
            if self.meanwhile is not None:
                await self.meanwhile()

    async def used(self, content_id: UUID, attempt: int) -> Decimal | None:
        del content_id, attempt
        return self.used_usd

    async def produce(
        self,
        request: ProductionRequest,
        *,
        approval: SignedDecision,
        options: ProductionOptions,
        progress: Progress,
    ) -> Production:
        del approval, progress
        self.produced.append(options.attempt)
        self.clock.advance(self.takes)
        if self.at_work is not None:
            await self.at_work()
        if self.fails:
            raise self.fails.pop(0)
        return _production(request.brief_id, options.attempt, self.cost)


def _production(content_id: UUID, attempt: int, cost: Decimal) -> Production:
    files = (AssetFile(type=FileType.VIDEO, url="local://video.mp4", size_bytes=1, duration_seconds=40),)
    return Production(
        asset_id=uuid4(), content_id=content_id, attempt=attempt, files=files, video_url="local://video.mp4",
        thumbnail_url="local://thumbnail.jpg", captions_srt_url="local://captions.srt",
        captions_vtt_url="local://captions.vtt", production_cost=cost, tools=(), tool_notes=(), aspect=Aspect.VERTICAL,
        width=720, height=1280, quality_preset=QualityPreset.DRAFT, voice="v", mood="calm", seed=1,
        narration_words=(), cues=(),
    )  # fmt: skip


@dataclass
class Judge(StandIn):
    outcome: ReviewOutcome = ReviewOutcome.PASSED

    async def review(self, content_id: UUID, request: QualityRequest, texts: object) -> Review:
        del request, texts
        return Review(
            content_id=content_id, judge_agent_id=uuid4(), outcome=self.outcome, confidence=Decimal("0.95"),
            quality=QualityReport(quality_score=Decimal("0.9"), measures=()), reasons=(),
            safety=SafetyReport(verdict=SafetyVerdict.PASSED, sensitive_topics=(), findings=(), policy_hash="x"),
        )  # fmt: skip


class Worker(StandIn):
    async def publish(self, content_id: UUID, review: Review) -> Publication:
        del review
        return Publication(content_id=content_id, platform_ids={}, urls={}, published_at=AS_OF)


class Presence:
    def assign(self) -> dict[Role, UUID]:
        return {}

    @asynccontextmanager
    async def working(self, role: Role, task_id: UUID, agent_id: UUID | None = None) -> AsyncIterator[UUID]:
        del role, task_id
        yield agent_id or uuid4()


class OpenGate:
    """A studio that is never halted, and a timetable without times."""

    def halted(self) -> bool:
        return False

    async def passed(self) -> None:
        return

    async def due(self, content_id: UUID) -> None:
        del content_id


class Blobs:
    @asynccontextmanager
    async def copies(self, urls: Sequence[str]) -> AsyncIterator[tuple[Path, ...]]:
        yield tuple(map(Path, urls))


@dataclass
class Workshop:
    """The crew and its stand-ins, which a test tells how to behave."""

    crew: Crew
    director: Director
    artist: Artist
    judge: Judge
    database: Database
    treasury: Treasury
    trend_id: UUID

    def order(self) -> ContentOrder:
        return ContentOrder(
            content_id=uuid4(), trend_id=self.trend_id, personality_profile=PROFILE, words_min=110, words_max=140,
            aspect=Aspect.VERTICAL, quality_preset=QualityPreset.DRAFT, tools=_LOCAL,
        )  # fmt: skip

    async def piece(self, content_id: UUID) -> ContentRecord:
        async with self.database.transaction() as connection:
            found = await content_pipeline.get(connection, content_id)
        assert found is not None
        return found

    async def stage(self, content_id: UUID) -> Stage:
        return (await self.piece(content_id)).stage

    async def rows(self, content_id: UUID, attempt: int = 1) -> list[tuple[str, Decimal]]:
        """What the ledger holds about an attempt: each row's kind and exact amount, oldest first."""
        async with self.database.transaction() as connection:
            found = await ledger.of_requests(connection, [production_request_id(content_id, attempt)])
        return [(row.kind, usd_from_micros(row.amount_micros)) for row in found]

    async def held(self) -> int:
        """How many holds are open."""
        return len(await self.treasury.open_holds(10))

    async def held_of(self, content_id: UUID) -> bool:
        """Whether the first attempt's money was begun to be spent."""
        held = await self.treasury.open_holds(10)
        return bool(held) and bool(await self.rows(content_id))

    async def endings(self, content_id: UUID) -> list[str]:
        return [made["ending"] for made in (await self.piece(content_id)).metadata.get("settlements", [])]


async def open_workshop(database: Database, treasury: Treasury, clock: FixedClock, spender: UUID) -> Workshop:
    """A crew whose artist asks for money as `spender`."""
    trend_id, cfo = uuid4(), Cfo(treasury)
    async with database.transaction() as connection:
        director_id = await agents.ensure(connection, Role.DIRECTOR, [], uuid4())
        callers = {role: await agents.ensure(connection, role, [], uuid4()) for role in (Role.PLANNER, Role.WORKER)}
        metadata = {"evidence": make_evidence().model_dump(mode="json")}
        await trends.insert(
            connection,
            TrendRecord(trend_id, "bitcoin", 40, Decimal("0.4"), Decimal(2), ["reddit"], metadata, None, AS_OF),
        )
    identity = open_identity(database, clock)
    director, artist, judge = Director(database, director_id), Artist(clock), Judge()
    stand_ins: dict[str, Any] = {
        "planner": StandIn(), "director": director, "artist": artist, "judge": judge, "worker": Worker(),
        "blobs": Blobs(), "halt": OpenGate(), "timetable": OpenGate(),
        "wire": Wire(identity.inside_tokens, identity.inside_gate),
    }  # fmt: skip
    crew = Crew(
        agent_ids={**dict.fromkeys(Role, director_id), **callers, Role.ARTIST: spender},
        cfo=cfo, presence=cast("Any", Presence()), stages=Stages(database, clock), database=database, clock=clock,
        answers=Answers(cfo, treasury.sweep, clock, LOOK_EVERY_SECONDS), progress=silent, **stand_ins,
    )  # fmt: skip
    return Workshop(crew, director, artist, judge, database, treasury, trend_id)


@asynccontextmanager
async def open_pieces(shop: Workshop, host: Host | None = None) -> AsyncIterator[Durable]:
    """A durable engine in which the workshop makes its pieces."""
    workflow = ContentWorkflow(shop.crew)
    async with open_durable(shop.database, workflow, workflow.queued, host=host) as durable:
        yield durable
