"""Channels on a real database with light bodies: trends that are told, pieces that end when a test says so."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID, uuid4

from chimera.agents.planner.agent import Planner
from chimera.contracts.objective import Objective
from chimera.contracts.review import QualityReport, Review, ReviewOutcome, SafetyReport, SafetyVerdict
from chimera.contracts.task import TaskOutcome
from chimera.contracts.trend import Trend, TrendAnalysis, TrendAnalysisRequest
from chimera.core.clock import FixedClock
from chimera.core.errors import ChimeraError, NoTrends
from chimera.core.identity import new_id
from chimera.core.timeframe import parse_timeframe
from chimera.core.vocabulary import Role, Stage, TaskState
from chimera.pipeline.stages import Stages
from chimera.pipeline.trend_record import trend_of
from chimera.runtime.coordination.coordinator import EVERY_DUTY, Coordinator
from chimera.runtime.coordination.desk import Desk, Hints
from chimera.runtime.coordination.objectives import register
from chimera.runtime.dispatch.attempts import worked
from chimera.safety.policy import load_policy
from chimera.storage.database import Database
from chimera.storage.records import agents, content_pipeline, task_work, trends
from chimera.storage.records.objective import ObjectiveRecord
from chimera.storage.records.task import COLUMNS, TaskRecord, task_row
from chimera.storage.records.trends import TrendRecord
from factories_channels import make_objective
from factories_rises import rise
from factories_workshop import PROFILE

LEASE = timedelta(seconds=30)


@dataclass
class LightScout:
    """Finds the rises of these numbers, as of whatever moment it is asked for."""

    database: Database
    clock: FixedClock
    numbers: list[int]
    velocity: Decimal = Decimal("2.30")
    as_of: datetime | None = None
    asked: list[TrendAnalysisRequest] = field(default_factory=list)

    async def analyze(self, request: TrendAnalysisRequest) -> TrendAnalysis:
        self.asked.append(request)
        if not self.numbers:
            raise NoTrends("nothing rises")
        found = [await self._insert(number, request) for number in self.numbers]
        return TrendAnalysis(trends=tuple(found), execution_time_ms=1)

    async def _insert(self, number: int, request: TrendAnalysisRequest) -> Trend:
        told, length = rise(number), parse_timeframe(request.timeframe)
        assert self.as_of is not None
        window = {
            "as_of": self.as_of, "window_end": self.as_of, "window_start": self.as_of - length,
            "first_seen": self.as_of - length, "timeframe_seconds": int(length.total_seconds()),
        }  # fmt: skip
        evidence = told.evidence.model_copy(update=window)
        record = TrendRecord(
            id=new_id(self.clock, lambda size: uuid4().bytes[:size]), topic=told.topic, volume=evidence.mentions,
            sentiment_score=evidence.sentiment.mean, rising_velocity=self.velocity, platforms=["reddit"],
            metadata={"top_posts": [], "influencers": [], "evidence": evidence.model_dump(mode="json")},
            scout_agent_id=None, created_at=self.clock.now(),
        )  # fmt: skip
        async with self.database.transaction() as connection:
            await trends.insert(connection, record)
        return trend_of(record)


@dataclass
class LightPieces:
    """Pieces whose workflow stands still until a test ends it. `started` tells every start, repeated ones too."""

    database: Database
    clock: FixedClock
    director_id: UUID
    started: list[UUID] = field(default_factory=list)
    orders: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    #: With it no draft is ever written: the workflow fails before.
    fails_at_once: ChimeraError | None = None

    async def start(self, content_id: UUID, order: dict[str, Any]) -> None:
        self.started.append(content_id)
        self.orders[content_id] = order
        if self.fails_at_once is not None:
            return
        async with self.database.transaction() as connection:
            await content_pipeline.insert_draft(
                connection, content_id, trend_id=UUID(order["trend_id"]), script="s", visual_prompts=[], metadata={},
                director_agent_id=self.director_id,
            )  # fmt: skip

    async def result(self, content_id: UUID) -> dict[str, Any]:
        del content_id
        if self.fails_at_once is not None:
            raise self.fails_at_once
        await asyncio.Event().wait()
        return {}

    async def publish(self, content_id: UUID, confidence: str = "0.95", **kept: Any) -> None:
        stages = Stages(self.database, self.clock)
        review = light_review(content_id, confidence)
        async with self.database.transaction() as connection:
            document = review.model_dump(mode="json") | kept
            await content_pipeline.merge_metadata(connection, content_id, {"review": document})
        for stage in (Stage.GENERATING, Stage.REVIEW, Stage.PUBLISHED):
            await stages.advance(content_id, stage)

    async def fail(self, content_id: UUID, failure: ChimeraError) -> None:
        await Stages(self.database, self.clock).fail(content_id, failure)


def light_review(content_id: UUID, confidence: str, outcome: ReviewOutcome = ReviewOutcome.PASSED) -> Review:
    """A judge's review of a piece with nothing against it."""
    return Review(
        content_id=content_id, judge_agent_id=uuid4(), outcome=outcome, confidence=Decimal(confidence),
        quality=QualityReport(quality_score=Decimal("0.9"), measures=()), reasons=("fine",),
        safety=SafetyReport(verdict=SafetyVerdict.PASSED, sensitive_topics=(), findings=(), policy_hash="x"),
    )  # fmt: skip


class NoHints:
    async def hint(self, tasks: object) -> None:
        del tasks


@dataclass
class Rig:
    """One process of the crew: its coordinator, and agents that do what is due when they are told to."""

    database: Database
    clock: FixedClock
    coordinator: Coordinator
    desk: Desk
    scout: LightScout
    pieces: LightPieces
    ids: dict[Role, UUID]
    host_id: UUID = field(default_factory=uuid4)
    sensitive: set[str] = field(default_factory=set)
    #: When answered pieces were let go.
    released: list[datetime] = field(default_factory=list)

    async def register(self, **changes: Any) -> ObjectiveRecord:
        return (await register(self.database, self.clock, make_objective(**changes))).record

    async def change(self, objective: Objective) -> None:
        await register(self.database, self.clock, objective)

    async def round(self) -> None:
        await self.coordinator.round()

    async def work(self, *kinds: str) -> int:
        """Do the queued tasks that are due, of these kinds or of all; answers how many."""
        now = self.clock.now()
        async with self.database.transaction() as connection:
            cursor = await connection.execute(
                "SELECT id, agent_role FROM task WHERE state = 'queued' AND not_before <= %s "
                "AND (%s::text[] = '{}' OR kind = ANY(%s))",
                (now, list(kinds), list(kinds)),
            )
            due = {row["id"]: Role(row["agent_role"]) for row in await cursor.fetchall()}
            claimed = await task_work.claim(connection, due, self.host_id, now, LEASE)
        for record in claimed:
            await self._do(record)
        return len(claimed)

    async def _do(self, record: TaskRecord) -> None:
        agent_id = self.ids[record.agent_role]
        outcome: TaskOutcome | ChimeraError
        try:
            outcome = await self.coordinator.handlers[record.kind](record, agent_id)
        except ChimeraError as failure:
            outcome = failure
        now = self.clock.now()
        async with self.database.transaction() as connection:
            await task_work.finish(connection, self.host_id, [worked(record, outcome, agent_id, now)], now)

    async def settle(self, rounds: int = 30) -> None:
        """Rounds and work until nothing moves any more."""
        for _ in range(rounds):
            await self.round()
            if not await self.work():
                return
        raise AssertionError("it never comes to rest")

    async def tasks(self, kind: str | None = None) -> list[TaskRecord]:
        async with self.database.transaction() as connection:
            cursor = connection.cursor(row_factory=task_row)
            await cursor.execute(
                f"SELECT {COLUMNS} FROM task WHERE %s::text IS NULL OR kind = %s ORDER BY created_at, id", (kind, kind)
            )
            return await cursor.fetchall()

    async def states(self, kind: str) -> list[TaskState]:
        return [record.state for record in await self.tasks(kind)]


async def open_rig(
    database: Database,
    clock: FixedClock,
    numbers: Sequence[int],
    hints: object | None = None,
    roles: frozenset[Role] = EVERY_DUTY,
) -> Rig:
    """A process that finds these rises; agents of one role are the same in every process of a test."""
    async with database.transaction() as connection:
        ids = {role: await agents.ensure(connection, role, [], uuid4()) for role in Role}
    scout = LightScout(database, clock, list(numbers))
    pieces = LightPieces(database, clock, ids[Role.DIRECTOR])
    sensitive: set[str] = set()
    policy = load_policy()

    def topics(texts: Sequence[str]) -> tuple[str, ...]:
        return ("politics",) if sensitive & set(texts) else ()

    def scout_at(agent_id: UUID, source: object, as_of: datetime) -> LightScout:
        del agent_id, source
        scout.as_of = as_of
        return scout

    released: list[datetime] = []

    async def release() -> None:
        released.append(clock.now())

    desk = Desk(
        database=database, clock=clock, hints=cast("Hints", hints or NoHints()), pieces=pieces,
        scout=cast("Any", scout_at), planner=lambda agent_id: Planner(agent_id, database, clock, topics),
        planner_id=ids[Role.PLANNER],
        source=cast("Any", lambda _name, _columns: _Source(clock)), persona=lambda _name: PROFILE,
        thresholds=policy.judge, policy_hash=policy.sha256, may_begin=lambda: True,
    )  # fmt: skip
    coordinator = Coordinator(desk, release, roles=roles)
    return Rig(database, clock, coordinator, desk, scout, pieces, ids, sensitive=sensitive, released=released)


@dataclass
class _Source:
    clock: FixedClock
    label: str = "told"

    def end(self) -> datetime:
        return self.clock.now()
