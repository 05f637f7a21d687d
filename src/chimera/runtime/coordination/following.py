"""Pieces under way: their tasks end when their workflows do, whoever sees it; nobody is kept busy by waiting."""

import asyncio
from typing import Any
from uuid import UUID

import structlog

from chimera.core.background import end
from chimera.core.errors import ChimeraError, EngineUnavailable
from chimera.core.quiet_hours import next_allowed
from chimera.core.vocabulary import Stage
from chimera.runtime.coordination.desk import Desk
from chimera.runtime.coordination.objectives import objective_of
from chimera.runtime.coordination.working import PLANNED_BY
from chimera.storage.database import Connection
from chimera.storage.records import content_pipeline, objective_task, publication_plan, task_need
from chimera.storage.records import objective as objectives
from chimera.storage.records.publication_plan import PlanRecord
from chimera.storage.records.task import TaskRecord

PIECES_FOLLOWED_MAX = 200
_log = structlog.get_logger(__name__)


class PiecesUnderWay:
    """Follows the workflows of waiting content tasks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._endings: dict[UUID, asyncio.Task[dict[str, Any] | None]] = {}

    async def look(self) -> None:
        """End the tasks of pieces that ended, and follow the others."""
        async with self._desk.database.transaction() as connection:
            waiting = await objective_task.pieces_under_way(connection, PIECES_FOLLOWED_MAX)
        followed = {record.content_id for record in waiting}
        for content_id in self._endings.keys() - followed:
            self._endings.pop(content_id).cancel()
        for record in waiting:
            if record.content_id is not None:
                await self._look_at(record, record.content_id)

    async def close(self) -> None:
        """Follow nothing any more; the workflows go on."""
        endings = list(self._endings.values())
        self._endings.clear()
        await end(*endings)

    async def _look_at(self, record: TaskRecord, content_id: UUID) -> None:
        async with self._desk.database.transaction() as connection:
            piece = await content_pipeline.get(connection, content_id)
            if piece is not None and piece.stage is Stage.PUBLISHED:
                result = {"read": {"stage": Stage.PUBLISHED.value}}
                await objective_task.end_waiting(connection, record, result=result, now=self._desk.clock.now())
                return
            if piece is not None and piece.stage is Stage.FAILED:
                await self._fail(connection, record, piece.metadata.get("error") or {"code": "INTERNAL"})
                return
            await self._keep_out_of_quiet_hours(connection, record, content_id)
        if piece is None:
            await self._follow_without_row(record, content_id)

    async def _follow_without_row(self, record: TaskRecord, content_id: UUID) -> None:
        """A workflow that ends before there is a draft leaves no row that would tell."""
        ending = self._endings.get(content_id)
        if ending is None:
            self._endings[content_id] = asyncio.create_task(self._ending(content_id), name=f"end of {content_id}")
            return
        if not ending.done():
            return
        self._endings.pop(content_id)
        if (error := ending.result()) is not None:
            async with self._desk.database.transaction() as connection:
                await self._fail(connection, record, error)

    async def _ending(self, content_id: UUID) -> dict[str, Any] | None:
        """Why the workflow failed; None if it did not, or this process can't know."""
        try:
            await self._desk.pieces.result(content_id)
        except EngineUnavailable:
            return None
        except ChimeraError as failure:
            return {"code": failure.code, "message": failure.message}
        except Exception as error:  # noqa: BLE001 - the engine's own failures must not stop what follows the others
            _log.warning("workflow_not_followed", content_id=str(content_id), problem=str(error))
        return None

    async def _fail(self, connection: Connection, record: TaskRecord, error: dict[str, Any]) -> None:
        now = self._desk.clock.now()
        told = {"code": error.get("code", "INTERNAL"), "message": error.get("message", "")}
        if await objective_task.end_waiting(connection, record, error=told, now=now):
            await task_need.cancel_dependents(connection, [record.id], now)

    async def _keep_out_of_quiet_hours(self, connection: Connection, record: TaskRecord, content_id: UUID) -> None:
        """A piece that is late does not go out at night. A time that a person set is left alone."""
        standing = await objectives.get(connection, record.objective_id) if record.objective_id else None
        plan = (await publication_plan.get_many(connection, [content_id])).get(content_id)
        if standing is None or plan is None or plan.state != "planned" or plan.set_by != PLANNED_BY:
            return
        objective, now = objective_of(standing), self._desk.clock.now()
        wanted = max(plan.publish_at or now, now)
        allowed = next_allowed(wanted, objective.quiet, objective.zone)
        if allowed > wanted:
            moved = PlanRecord(content_id, allowed, "planned", 1, PLANNED_BY, now)
            await publication_plan.put(connection, moved, over_version=plan.version)
