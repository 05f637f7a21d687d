"""The studio's coordination in one process: plan, call judges, follow pieces, let answered ones go; over and over.

Each duty goes with a role, and is done wherever that role is kept. None needs a leader: a plan is made under its
objective's lock with ids that follow from it, a review's id follows from the attempt, a piece's end is written once,
and what goes out is found on the channel by its piece.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID, uuid5

import psycopg
import structlog

from chimera.agents.planner.planning import Plan
from chimera.contracts.task import TaskOutcome
from chimera.core.errors import ChimeraError, ValidationFailed
from chimera.core.vocabulary import Role, TaskKind, TaskState
from chimera.runtime.coordination.desk import Desk
from chimera.runtime.coordination.following import PiecesUnderWay
from chimera.runtime.coordination.ordering import plan_all, plan_one
from chimera.runtime.coordination.producing import Producing
from chimera.runtime.coordination.reviewing import TaskReviews
from chimera.runtime.coordination.working import ChannelWork
from chimera.storage.records import objective_task, task
from chimera.storage.records.task import NewTask, TaskRecord

ROUND_SECONDS = 1.0
REVIEWS_AT_ONCE = 100

Handler = Callable[[TaskRecord, UUID], Awaitable[TaskOutcome]]
EVERY_DUTY = frozenset({Role.PLANNER, Role.JUDGE, Role.WORKER})
"""The roles with something to do in every round: order, call judges to what waits for them, let pieces go out."""
Planned = Callable[[Mapping[UUID, Plan]], Awaitable[None]]

_log = structlog.get_logger(__name__)


class Coordinator:
    """Any number of processes may coordinate: every order and review has an id that follows from what it is about.

    `only` names the objectives it orders for, where not for all; it reviews and follows what is under way for any.
    `roles` are those kept here: the duties of others are left to whoever keeps them.
    """

    def __init__(
        self,
        desk: Desk,
        release: Callable[[], Awaitable[object]],
        only: frozenset[UUID] | None = None,
        roles: frozenset[Role] = EVERY_DUTY,
    ) -> None:
        self._desk = desk
        self._only = only
        self._duties = roles & EVERY_DUTY
        self._release = release
        self._pieces = PiecesUnderWay(desk)
        work, reviews = ChannelWork(desk), TaskReviews(desk)
        self.handlers: Mapping[str, Handler] = {
            TaskKind.PLAN: self._plan,
            TaskKind.SCAN: work.scan,
            TaskKind.CHOOSE: work.choose,
            TaskKind.CONTENT: work.content,
            TaskKind.PRODUCE: Producing(desk.database, desk.pieces).produce,
            TaskKind.REVIEW: reviews.review,
        }

    async def run(self, seen: Planned | None = None, round_seconds: float = ROUND_SECONDS) -> None:
        """Rounds until cancelled; one that fails is logged, and the next one goes on."""
        try:
            while True:
                try:
                    planned = await self.round()
                    if seen is not None:
                        await seen(planned)
                except (ChimeraError, psycopg.Error) as failure:
                    _log.warning("round_failed", problem=str(failure))
                await asyncio.sleep(round_seconds)
        finally:
            await self._pieces.close()

    async def round(self) -> Mapping[UUID, Plan]:
        """Once all that is to be done here; answers what was planned for each objective."""
        if Role.WORKER in self._duties:
            await self._release()
        if Role.JUDGE in self._duties:
            await self._pieces.look()
            await self.call_judges()
        return await plan_all(self._desk, self._only) if Role.PLANNER in self._duties else {}

    async def call_judges(self) -> None:
        """A review task for every attempt that waits for one."""
        now = self._desk.clock.now()
        async with self._desk.database.transaction() as connection:
            waiting = await objective_task.unreviewed(connection, REVIEWS_AT_ONCE)
            reviews = [_review_of(record, now) for record in waiting]
            new = [review for review in reviews if await task.add(connection, review)]
        await self._desk.hints.hint([(review.id, review.agent_role, review.priority) for review in new])

    async def _plan(self, record: TaskRecord, agent_id: UUID) -> TaskOutcome:
        """Plan the task's objective now, instead of at the next round."""
        if record.objective_id is None:
            raise ValidationFailed("a plan task names its objective", {"task_id": str(record.id)})
        planned = await plan_one(self._desk, record.objective_id, agent_id)
        told: dict[str, Any] = {"ordered": [str(wanted.id) for wanted in planned.tasks], "pause": planned.pause}
        return TaskOutcome(state=TaskState.DONE, result=told)


def _review_of(record: TaskRecord, now: Any) -> NewTask:
    return NewTask(
        id=uuid5(record.id, f"review/{record.attempt}"),
        kind=TaskKind.REVIEW,
        agent_role=Role.JUDGE,
        payload={"task_id": str(record.id), "attempt": record.attempt},
        created_at=now,
        not_before=now,
        priority=record.priority,
        objective_id=record.objective_id,
        objective_version=record.objective_version,
        content_id=record.content_id,
    )
