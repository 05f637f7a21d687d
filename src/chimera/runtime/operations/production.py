"""`internal.agent.artist.produce` (specification section 3): a task, whose asset is waited for as long as asked.

The same production twice is the same task: its id follows from the brief, the tools and the preset.
"""

import asyncio
from uuid import UUID, uuid5

from chimera.contracts.asset import Asset, ProductionRequest
from chimera.contracts.task_order import TaskAccepted, TaskView, status_url
from chimera.core.errors import (
    AgentOffline,
    ApprovalExpired,
    ApprovalRejected,
    BudgetExceeded,
    Cancelled,
    Conflict,
    InvalidSignature,
    McpTimeout,
    NotFound,
    QualityFailed,
    RoiTooLow,
    SafetyBlocked,
    SpendPaused,
    StudioHalted,
    ToolFailed,
    VideoTooLong,
    failure_of,
)
from chimera.core.vocabulary import Priority, Role, TaskKind, TaskState
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import WRITING, AnyOperation, Call, Operation
from chimera.runtime.operations.task_views import ENDS, view_of
from chimera.storage.records import content_pipeline, task_answer
from chimera.storage.records.task import NewTask
from chimera.tools.registry import resolve

LOOK_EVERY_SECONDS = 0.25
WAITING_MAX = 100
"""Callers who are waited for at once; to further ones the task is told at once."""


def production_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    """The artist's subject."""
    return (
        Operation(
            name="internal.agent.artist.produce",
            summary="Produce a brief: its money is asked for first, then it is made, measured and reviewed.",
            method="POST",
            path="/v1/internal.agent.artist.produce",
            asks=ProductionRequest,
            answers=Asset,
            accepted=TaskAccepted,
            run=Producing(desk).produce,
            right=None,
            failures=(
                NotFound, Conflict, BudgetExceeded, RoiTooLow, ApprovalRejected, ApprovalExpired, InvalidSignature,
                SpendPaused, StudioHalted, SafetyBlocked, Cancelled, QualityFailed, VideoTooLong, McpTimeout,
                ToolFailed, AgentOffline,
            ),
            rate=WRITING,
        ),
    )  # fmt: skip


class Producing:
    """Hands productions in, and waits for them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._queue = TaskQueue(desk.database, desk.redis, desk.clock)
        self._waiting = 0

    async def produce(self, call: Call, asked: ProductionRequest) -> Asset | TaskAccepted:
        task_id = await self.hand_in(asked, Priority.HIGH)
        view = await self._wait(task_id, call.wait_seconds or 0.0)
        if view.state is TaskState.DONE:
            return Asset.model_validate(view.output)
        if view.state in ENDS and view.error is not None:
            raise failure_of(view.error.code, view.error.message, view.error.details)
        return TaskAccepted(task_id=task_id, status_url=status_url(task_id))

    async def hand_in(self, asked: ProductionRequest, priority: Priority) -> UUID:
        """The production's task, made if there is none.

        Raises:
            NotFound: no such brief. Conflict: it is produced already, in another way.
            ValidationFailed: unknown tools, or the brief is for no video.
        """
        resolve(asked.tools.image, "image")
        resolve(asked.tools.video, "video")
        resolve(asked.tools.audio, "audio")
        task_id, now = task_id_of(asked), self._desk.clock.now()
        async with self._desk.database.transaction() as connection:
            piece = await content_pipeline.get(connection, asked.brief_id)
            is_ours = await task_answer.reserve(connection, asked.brief_id, task_id)
        if piece is None:
            raise NotFound(f"there is no brief {asked.brief_id}", {"brief_id": str(asked.brief_id)})
        if not is_ours:
            raise Conflict(
                f"brief {asked.brief_id} is produced already, in another way or on its channel: make a new brief",
                {"brief_id": str(asked.brief_id), "stage": piece.stage.value},
            )
        new = NewTask(
            id=task_id,
            kind=TaskKind.PRODUCE,
            agent_role=Role.ARTIST,
            payload=asked.model_dump(mode="json"),
            created_at=now,
            not_before=now,
            priority=priority,
            content_id=asked.brief_id,
        )
        await self._queue.submit([new])
        return task_id

    async def _wait(self, task_id: UUID, seconds: float) -> TaskView:
        """The task once it has ended, or as it is after so long."""
        view = await view_of(self._desk, task_id)
        if view.state in ENDS or self._waiting >= WAITING_MAX:
            return view
        self._waiting += 1
        until = self._desk.clock.monotonic() + seconds
        try:
            while view.state not in ENDS and self._desk.clock.monotonic() < until:
                await asyncio.sleep(LOOK_EVERY_SECONDS)
                view = await view_of(self._desk, task_id)
        finally:
            self._waiting -= 1
        return view


def task_id_of(asked: ProductionRequest) -> UUID:
    """The id of this production's task."""
    tools = asked.tools
    return uuid5(asked.brief_id, f"produce/{tools.image}/{tools.video}/{tools.audio}/{asked.quality_preset}")
