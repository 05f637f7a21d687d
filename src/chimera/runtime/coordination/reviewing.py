"""The judge's review of a task's work, and the commit: it counts only if what the work had read still stands.

What was read is compared as narrowly as it matters: a scan with the objective's version; a choice with that and with
the count of choices, since two must not take one topic or the same money; a piece with the stage it was reported in.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from pydantic import ValidationError

from chimera.agents.judge.confidence import (
    ChoiceWork,
    Judged,
    PieceWork,
    ScanWork,
    judge_choice,
    judge_piece,
    judge_scan,
)
from chimera.agents.judge.decision import decide_task
from chimera.contracts.evidence import TrendEvidence
from chimera.contracts.judgement import Consequence, Judgement, JudgementOutcome
from chimera.contracts.objective import Objective
from chimera.contracts.review import Review
from chimera.contracts.task import TaskOutcome
from chimera.core.errors import Conflict, Forbidden, NotFound
from chimera.core.timeframe import parse_timeframe
from chimera.core.vocabulary import Priority, Role, TaskKind, TaskState
from chimera.pipeline.trend_record import trend_of
from chimera.runtime.coordination.channels import read_channel
from chimera.runtime.coordination.desk import Desk
from chimera.runtime.coordination.objectives import objective_of
from chimera.runtime.coordination.working import left_for
from chimera.storage.database import Connection
from chimera.storage.records import content_pipeline, review_item, task, task_need, task_review, trends
from chimera.storage.records import objective as objectives
from chimera.storage.records.objective import ObjectiveRecord
from chimera.storage.records.review_item import ReviewItem
from chimera.storage.records.task import TaskRecord
from chimera.storage.records.trends import TrendRecord

Hint = tuple[UUID, Role, Priority]


@dataclass(frozen=True, slots=True)
class UnderReview:
    """The task, its objective, and the transaction in which it is committed."""

    connection: Connection
    record: TaskRecord
    standing: ObjectiveRecord
    objective: Objective
    now: datetime
    judge_id: UUID

    @property
    def result(self) -> dict[str, Any]:
        return self.record.result or {}


Weigh = Callable[[UnderReview], Awaitable[Judged]]


class TaskReviews:
    """The handler of `review` tasks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kinds: Mapping[str, tuple[Consequence, Weigh]] = {
            TaskKind.SCAN: (Consequence.DRAFT, self._scan),
            TaskKind.CHOOSE: (Consequence.DRAFT, self._choice),
            TaskKind.CONTENT: (Consequence.PUBLISH, self._piece),
        }

    async def review(self, record: TaskRecord, agent_id: UUID) -> TaskOutcome:
        """Judge the attempt that the task names, and commit it or send it back. Reviewed already: nothing is done.

        Raises:
            Forbidden: this judge did the work itself.
        """
        task_id, attempt = UUID(record.payload["task_id"]), int(record.payload["attempt"])
        async with self._desk.database.transaction() as connection:
            judgement, ready = await self._judge(connection, task_id, attempt, agent_id)
        await self._desk.hints.hint(ready)
        told = judgement.model_dump(mode="json") if judgement else {"reviewed_already": True}
        return TaskOutcome(state=TaskState.DONE, result=told)

    async def _judge(
        self, connection: Connection, task_id: UUID, attempt: int, agent_id: UUID
    ) -> tuple[Judgement | None, list[Hint]]:
        """In one transaction: topics, objective and task are locked in this order, so that reviews take turns."""
        before = await task.get(connection, task_id)
        if before is None:
            raise NotFound(f"there is no task {task_id}")
        if before.kind == TaskKind.CHOOSE:
            await content_pipeline.lock_choosing(connection)
        standing = await objectives.held(connection, before.objective_id) if before.objective_id else None
        record = await task_review.held(connection, task_id)
        if record is None or record.state is not TaskState.REVIEW or record.attempt != attempt:
            return None, []
        if agent_id == record.worked_by:
            raise Forbidden("a judge can't judge its own work: another judge must", {"agent_id": str(agent_id)})
        if standing is None or record.kind not in self._kinds:
            raise Conflict(f"no judge knows how to review a {record.kind} task that belongs to no objective")
        under = UnderReview(connection, record, standing, objective_of(standing), self._desk.clock.now(), agent_id)
        return await self._commit(under)

    async def _commit(self, under: UnderReview) -> tuple[Judgement, list[Hint]]:
        record = under.record
        if moved := await self._moved(under):
            return await self._stale(under, moved)
        consequence, weigh = self._kinds[record.kind]
        judged = await weigh(under)
        outcome = decide_task(
            judged.confidence,
            consequence,
            self._desk.thresholds,
            sensitive=bool(judged.sensitive),
            attempts_left=record.attempts_max - record.attempt,
        )
        judgement = self._judgement(under, judged, outcome)
        if outcome is JudgementOutcome.GO_ON:
            return judgement, await _go_on(under, judgement)
        if outcome is JudgementOutcome.REWORK:
            return judgement, await _rework(under, judgement, counts=True)
        await _ask_person(under, judgement, judged.sensitive)
        return judgement, []

    async def _stale(self, under: UnderReview, moved: str) -> tuple[Judgement, list[Hint]]:
        """Done again from what stands now; not the worker's failure, but not for ever either."""
        times = int((under.record.review or {}).get("stale", 0)) + 1
        if times > task_review.STALE_MAX:
            judged = Judged(Decimal(0), (f"{moved}, {times} times in a row",))
            judgement = self._judgement(under, judged, JudgementOutcome.HUMAN)
            await _ask_person(under, judgement, ())
            return judgement, []
        judgement = self._judgement(under, Judged(Decimal(0), (moved,)), JudgementOutcome.STALE)
        return judgement, await _rework(under, judgement, counts=False, stale=times)

    def _judgement(self, under: UnderReview, judged: Judged, outcome: JudgementOutcome) -> Judgement:
        about = tuple(f"about {topic}: a person decides" for topic in judged.sensitive)
        return Judgement(
            task_id=under.record.id,
            attempt=under.record.attempt,
            judge_agent_id=under.judge_id,
            confidence=judged.confidence,
            outcome=outcome,
            reasons=(*about, *judged.reasons),
            policy_hash=self._desk.policy_hash,
        )

    async def _moved(self, under: UnderReview) -> str | None:
        """What has changed since the work read it; None where all of it still stands."""
        read: dict[str, Any] = under.result.get("read", {})
        if under.record.kind == TaskKind.CONTENT:
            piece = await content_pipeline.get(under.connection, UUID(under.result["content_id"]))
            moved = piece is None or piece.stage != read.get("stage")
            return f"the piece has left stage {read.get('stage')}" if moved else None
        if read.get("version") != under.standing.version:
            return "the objective has changed"
        if under.record.kind == TaskKind.CHOOSE and read.get("choices") != under.standing.choices:
            return "another choice was made meanwhile"
        return None

    async def _scan(self, under: UnderReview) -> Judged:
        result = under.result
        rows = await trends.get_many(under.connection, [UUID(found) for found in result["trend_ids"]])
        found = [(trend_of(row), _evidence(row)) for row in rows]
        if len(rows) != len(result["trend_ids"]):
            return Judged(Decimal(0), ("some of its trends have no row",))
        seconds = int(parse_timeframe(result["timeframe"]).total_seconds())
        least = Decimal(str(result["min_velocity"]))
        return judge_scan(ScanWork(found, least, datetime.fromisoformat(result["as_of"]), seconds))

    async def _choice(self, under: UnderReview) -> Judged:
        rows = await trends.get_many(under.connection, [UUID(under.result["trend_id"])])
        if not rows:
            return Judged(Decimal(0), ("the chosen trend has no row",))
        trend, evidence = trend_of(rows[0]), _evidence(rows[0])
        taken = None
        if evidence is not None:
            await review_item.lock_trends(under.connection)
            taken = await self._desk.planner(under.judge_id).is_free(under.connection, trend, evidence)
        waits = taken is not None and taken.waits_for_human
        channel = await read_channel(under.connection, under.standing, under.now, under.objective)
        scan = await task.get(under.connection, UUID(under.record.payload["scan_task_id"]))
        found_ids = (scan.result or {}).get("trend_ids", []) if scan else []
        return judge_choice(
            ChoiceWork(
                trend=trend,
                evidence=evidence,
                was_found=str(trend.trend_id) in found_ids,
                taken=taken.reason if taken and not waits else None,
                sensitive_unpassed=(taken.reason,) if taken and waits else (),
                left_usd=left_for(channel, under.record, under.now),
                piece_usd=under.objective.piece_budget_usd,
            )
        )

    async def _piece(self, under: UnderReview) -> Judged:
        piece = await content_pipeline.get(under.connection, UUID(under.result["content_id"]))
        if piece is None:
            return Judged(Decimal(0), ("the piece is gone",))
        kept = piece.metadata.get("review")
        return judge_piece(PieceWork(piece.stage, _review(kept), bool((kept or {}).get("passed_by"))))


async def _go_on(under: UnderReview, judgement: Judgement) -> list[Hint]:
    if under.record.kind == TaskKind.CHOOSE:
        await objectives.count_choice(under.connection, under.standing.id, over_choices=under.standing.choices)
    document = judgement.model_dump(mode="json")
    await task_review.pass_(under.connection, under.record.id, under.record.attempt, document, under.now)
    ready = await task_need.release(under.connection, [under.record.id], under.now)
    return [(one.id, one.agent_role, one.priority) for one in ready]


async def _rework(under: UnderReview, judgement: Judgement, *, counts: bool, stale: int = 0) -> list[Hint]:
    record = under.record
    feedback: dict[str, Any] = {"rework": list(judgement.reasons)}
    if counts and record.kind == TaskKind.CHOOSE:
        feedback["unwanted"] = [*record.payload.get("unwanted", ()), under.result["trend_id"]]
    document = judgement.model_dump(mode="json") | {"stale": stale}
    await task_review.send_back(
        under.connection, record.id, record.attempt, document, feedback, under.now, counts=counts
    )
    return [(record.id, record.agent_role, record.priority)]


async def _ask_person(under: UnderReview, judgement: Judgement, topics: tuple[str, ...]) -> None:
    record = under.record
    document = judgement.model_dump(mode="json")
    await task_review.wait_for_person(under.connection, record.id, record.attempt, document, under.now)
    item = ReviewItem(
        id=uuid5(record.id, f"review/{record.attempt}"),
        kind="task",
        trend_id=None,
        content_id=None,
        subject=f"{record.kind} for {under.standing.name}: {under.result.get('topic') or record.payload.get('slot')}",
        topics=list(topics),
        reason="; ".join(judgement.reasons) or f"only {judgement.confidence:.0%} sure of it",
        state="waiting",
        created_at=under.now,
        task_id=record.id,
    )
    await review_item.add(under.connection, item)


def _evidence(row: TrendRecord) -> TrendEvidence | None:
    try:
        return row.evidence
    except ValidationError:
        return None


def _review(kept: dict[str, Any] | None) -> Review | None:
    if kept is None:
        return None
    try:
        return Review.model_validate({name: kept[name] for name in Review.model_fields if name in kept})
    except ValidationError:
        return None
