"""The coordination of channels on an open workshop: its desk and its coordinator."""

from functools import partial
from typing import Any
from uuid import UUID

from chimera.agents.director.persona import load_persona
from chimera.bootstrap.scouting import scout_of
from chimera.bootstrap.workshop import Workshop
from chimera.core.vocabulary import Role
from chimera.pipeline.releasing import release_answered
from chimera.runtime.coordination.coordinator import Coordinator
from chimera.runtime.coordination.desk import Desk
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.safety.policy import load_policy
from chimera.sources.catalogue import open_source


class _Pieces:
    """The workshop's durable engine, asked for when a piece is: a process that makes none has no engine."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop

    async def start(self, content_id: UUID, order: dict[str, Any]) -> None:
        await self._shop.durable.start(content_id, order)

    async def result(self, content_id: UUID) -> dict[str, Any]:
        return await self._shop.durable.result(content_id)


def queue_of(shop: Workshop) -> TaskQueue:
    """Where the workshop's process hands in tasks."""
    return TaskQueue(shop.studio.database, shop.studio.redis, shop.studio.clock)


def coordinator_of(shop: Workshop, queue: TaskQueue, only: frozenset[UUID] | None = None) -> Coordinator:
    """The coordinator, ordering for these objectives or for all; its handlers do the tasks of channels.

    Its rounds do what belongs to the roles that the workshop's process keeps.
    """
    policy = load_policy()
    desk = Desk(
        database=shop.studio.database,
        clock=shop.studio.clock,
        hints=queue,
        pieces=_Pieces(shop),
        scout=partial(scout_of, shop.studio),
        planner=shop.crew.planner.speaking_as,
        planner_id=shop.crew.agent_ids[Role.PLANNER],
        source=open_source,
        persona=load_persona,
        thresholds=policy.judge,
        policy_hash=policy.sha256,
        may_begin=lambda: not shop.crew.halt.halted(),
    )
    return Coordinator(desk, partial(release_answered, shop.crew), only, shop.host.roles)
