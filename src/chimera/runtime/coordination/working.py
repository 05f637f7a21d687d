"""What the workers of a channel do: look for trends, choose one, begin its piece. Each result counts once judged."""

import asyncio
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from chimera.agents.planner.agent import Unwanted
from chimera.agents.planner.channel import Channel, set_aside
from chimera.contracts.asset import ToolChoice
from chimera.contracts.choice import Choice
from chimera.contracts.objective import Objective
from chimera.contracts.order import ContentOrder
from chimera.contracts.task import TaskOutcome
from chimera.contracts.trend import Trend, TrendAnalysisRequest
from chimera.core.errors import ChimeraError, Conflict, NotFound, NoTrends, ValidationFailed, WaitsForHuman
from chimera.core.vocabulary import TaskKind, TaskState
from chimera.pipeline.trend_record import trend_of
from chimera.runtime.coordination.channels import read_channel
from chimera.runtime.coordination.desk import Desk
from chimera.runtime.coordination.objectives import objective_of
from chimera.storage.records import objective as objectives
from chimera.storage.records import publication_plan, task, trends
from chimera.storage.records.objective import ObjectiveRecord
from chimera.storage.records.publication_plan import PlanRecord
from chimera.storage.records.task import TaskRecord

PLANNED_BY = "planner"
"""Who sets the time of a channel's pieces; a person may set another, which is left alone."""
_LOCAL = ToolChoice(image="local", video="local", audio="local")


class ChannelWork:
    """The handlers of `scan`, `choose` and `content` tasks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def scan(self, record: TaskRecord, agent_id: UUID) -> TaskOutcome:
        """Look at the objective's source as of the slot's moment.

        Raises:
            NoTrends: nothing rises. SourceUnavailable, ValidationFailed: the source can't be read.
        """
        standing, objective = await self._objective(record)
        source = self._desk.source(objective.source, objective.columns)
        asked = record.payload.get("as_of")
        end = await asyncio.to_thread(source.end)
        as_of = min(datetime.fromisoformat(asked), end) if asked else end
        request = TrendAnalysisRequest(
            keywords=objective.keywords,
            timeframe=record.payload["timeframe"],
            min_velocity=objective.min_velocity,
        )
        scout = await asyncio.to_thread(self._desk.scout, agent_id, source, as_of)
        analysis = await scout.analyze(request)
        return _to_review(
            read={"version": standing.version},
            trend_ids=[str(trend.trend_id) for trend in analysis.trends],
            topics=[trend.topic for trend in analysis.trends],
            source=source.label,
            as_of=as_of.isoformat(),
            timeframe=request.timeframe,
            min_velocity=float(request.min_velocity),
        )

    async def choose(self, record: TaskRecord, agent_id: UUID) -> TaskOutcome:
        """Choose among what the slot's scan found.

        Raises:
            NoTrends: nothing is left to make. WaitsForHuman: all of it needs a person's word first.
        """
        standing, objective = await self._objective(record)
        found, left_usd = await self._found(record, standing, objective)
        unwanted = Unwanted(objective.exclude, tuple(map(UUID, record.payload.get("unwanted", ()))))
        choice = await self._desk.planner(agent_id).choose(found, left_usd, unwanted)
        if choice.trend_id is None:
            raise _nothing_to_make(choice)
        return _to_review(
            read={"version": standing.version, "choices": standing.choices},
            trend_id=str(choice.trend_id),
            topic=choice.topic,
            worth=float(choice.worth or 0),
            reason=choice.reason,
            passed_over=[passed.model_dump(mode="json") for passed in choice.passed_over],
        )

    async def content(self, record: TaskRecord, agent_id: UUID) -> TaskOutcome:
        """Begin the piece's workflow under the piece's id, and leave it: who is asked for something may take days.

        Raises:
            Conflict: the choice it is made of does not count.
        """
        del agent_id
        _, objective = await self._objective(record)
        chosen = await self._done(record.payload["choose_task_id"])
        if record.content_id is None:
            raise ValidationFailed("a content task of an objective names its piece", {"task_id": str(record.id)})
        order = ContentOrder(
            content_id=record.content_id,
            trend_id=UUID(chosen["trend_id"]),
            personality_profile=self._desk.persona(record.payload["persona"]),
            words_min=objective.words_min,
            words_max=objective.words_max,
            aspect=objective.aspect,
            quality_preset=objective.quality,
            tools=_LOCAL,
        )
        await self._plan_publication(record.content_id, datetime.fromisoformat(record.payload["slot"]))
        await self._desk.pieces.start(record.content_id, order.model_dump(mode="json"))
        told = {"content_id": str(record.content_id), "trend_id": chosen["trend_id"], "topic": chosen["topic"]}
        return TaskOutcome(state=TaskState.WAITING, result=told)

    async def _plan_publication(self, content_id: UUID, slot: datetime) -> None:
        now = self._desk.clock.now()
        planned = PlanRecord(content_id, max(slot, now), "planned", 1, PLANNED_BY, now)
        async with self._desk.database.transaction() as connection:
            await publication_plan.put(connection, planned, over_version=0)

    async def _objective(self, record: TaskRecord) -> tuple[ObjectiveRecord, Objective]:
        if record.objective_id is None:
            raise ValidationFailed(f"a {record.kind} task belongs to an objective", {"task_id": str(record.id)})
        async with self._desk.database.transaction() as connection:
            standing = await objectives.get(connection, record.objective_id)
        if standing is None:
            raise NotFound(f"the objective {record.objective_id} is gone")
        return standing, objective_of(standing)

    async def _found(
        self, record: TaskRecord, standing: ObjectiveRecord, objective: Objective
    ) -> tuple[tuple[Trend, ...], Decimal]:
        """The trends of the scan, and what is left of the day's budget for this slot's piece."""
        scan = await self._done(record.payload["scan_task_id"])
        async with self._desk.database.transaction() as connection:
            rows = await trends.get_many(connection, [UUID(found) for found in scan["trend_ids"]])
            channel = await read_channel(connection, standing, self._desk.clock.now(), objective)
        return tuple(map(trend_of, rows)), left_for(channel, record, self._desk.clock.now())

    async def _done(self, task_id: str) -> dict[str, Any]:
        async with self._desk.database.transaction() as connection:
            found = await task.get(connection, UUID(task_id))
        if found is None or found.state is not TaskState.DONE or found.result is None:
            raise Conflict(f"the task {task_id} that this one is made of has not passed its review")
        return found.result


def left_for(channel: Channel, record: TaskRecord, now: datetime) -> Decimal:
    """What of the day's budget is left for the piece of this task's slot and try, which is set aside already."""
    others = [
        ordered
        for ordered in channel.tasks
        if ordered.kind is not TaskKind.CONTENT
        or (ordered.slot.isoformat(), ordered.attempt) != (record.payload["slot"], record.payload["attempt"])
    ]
    without = Channel(channel.id, channel.version, channel.objective, channel.first_at, channel.active_since, others)
    return channel.objective.daily_budget_usd - set_aside(without, now)


def _nothing_to_make(choice: Choice) -> ChimeraError:
    waiting = [passed.topic for passed in choice.passed_over if passed.waits_for_human]
    if waiting and len(waiting) == len(choice.passed_over):
        return WaitsForHuman(f"all that rises needs a person's word first: {', '.join(waiting)}")
    more = f" ({len(waiting)} wait for a person)" if waiting else ""
    return NoTrends(f"nothing to make{more}: {choice.reason}")


def _to_review(*, read: dict[str, Any], **result: Any) -> TaskOutcome:
    return TaskOutcome(state=TaskState.REVIEW, result={"read": read, **result})
