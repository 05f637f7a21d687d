"""Tasks as outside callers see them: a production's state is its piece's, for as long as its workflow runs."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from chimera.contracts.progress import PieceProgress
from chimera.contracts.task_order import TaskFailure, TaskView, status_url
from chimera.core.errors import NotFound
from chimera.core.vocabulary import Stage, TaskKind, TaskState
from chimera.pipeline.progress_events import shown
from chimera.runtime.operations.desk import Desk
from chimera.storage.records import content_pipeline, task
from chimera.storage.records.content_pipeline import ContentRecord
from chimera.storage.records.task import TaskRecord

ENDS = frozenset({TaskState.DONE, TaskState.FAILED, TaskState.DEAD, TaskState.CANCELLED})


async def view_of(desk: Desk, task_id: UUID) -> TaskView:
    """The task as it stands.

    Raises:
        NotFound: there is none of that id.
    """
    piece: ContentRecord | None = None
    async with desk.database.transaction() as connection:
        record = await task.get(connection, task_id)
        if record is not None and is_under_way(record) and record.content_id is not None:
            piece = await content_pipeline.get(connection, record.content_id)
    if record is None:
        raise NotFound(f"there is no task {task_id}", {"task_id": str(task_id)})
    doing = await shown(desk.redis, [record.content_id]) if piece is not None and record.content_id else {}
    return as_seen(record, piece, doing)


async def views_of(desk: Desk, records: Sequence[TaskRecord]) -> tuple[TaskView, ...]:
    """Tasks as a list shows them: by their rows, with what their pieces are doing."""
    under_way = [record.content_id for record in records if record.content_id and record.state not in ENDS]
    doing = await shown(desk.redis, under_way)
    return tuple(as_seen(record, None, doing) for record in records)


def is_under_way(record: TaskRecord) -> bool:
    """Whether the piece's workflow has the task, and its row only waits for the end."""
    return record.kind == TaskKind.PRODUCE and record.state is TaskState.WAITING


def has_begun(record: TaskRecord) -> bool:
    """Whether the piece's workflow may have the task."""
    return record.kind == TaskKind.PRODUCE and record.state in {TaskState.RUNNING, TaskState.WAITING}


def as_seen(record: TaskRecord, piece: ContentRecord | None, doing: Mapping[UUID, PieceProgress]) -> TaskView:
    """The task as an outside caller sees it. Pure."""
    state, error = _standing(record, piece)
    return TaskView(
        task_id=record.id,
        kind=record.kind,
        agent_role=record.agent_role,
        priority=record.priority,
        state=state,
        attempt=record.attempt,
        content_id=record.content_id,
        objective_id=record.objective_id,
        progress=doing.get(record.content_id) if record.content_id and state not in ENDS else None,
        output=record.result if state is TaskState.DONE else None,
        error=None if error is None or state is TaskState.DONE else _failure(error),
        created_at=record.created_at,
        finished_at=record.finished_at,
        status_url=status_url(record.id),
    )


def _standing(record: TaskRecord, piece: ContentRecord | None) -> tuple[TaskState, Mapping[str, Any] | None]:
    if not is_under_way(record):
        return record.state, record.error
    if piece is not None and piece.stage is Stage.FAILED:
        return TaskState.FAILED, piece.metadata.get("error") or {"code": "INTERNAL", "message": "the piece failed"}
    waits = piece is not None and piece.metadata.get("waits_for") is not None
    return TaskState.WAITING if waits else TaskState.RUNNING, None


def _failure(error: Mapping[str, Any]) -> TaskFailure:
    return TaskFailure(
        code=error.get("code", "INTERNAL"), message=error.get("message", ""), details=error.get("details") or {}
    )
