"""What happened in a channel since one last looked, told from its rows: so it is told whoever did it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from chimera.agents.planner.planning import Plan
from chimera.contracts.channel_event import ChannelEvent, EventName
from chimera.core.clock import Clock
from chimera.core.vocabulary import Stage, TaskKind, TaskState
from chimera.platforms.local_channel.address import watch_url
from chimera.runtime.coordination.channels import LOOK_BACK
from chimera.storage.database import Connection, Database
from chimera.storage.records import content_pipeline, objective_task, review_item, video_metadata
from chimera.storage.records import objective as objectives
from chimera.storage.records.content_pipeline import ContentRecord
from chimera.storage.records.objective import ObjectiveRecord
from chimera.storage.records.task import TaskRecord

Tell = Callable[[ChannelEvent], None]
Told = tuple[EventName, str]


class ChannelTeller:
    """Tells of one objective. What stood when it first looked is not told."""

    def __init__(self, database: Database, clock: Clock, objective_id: UUID, tell: Tell) -> None:
        self._database = database
        self._clock = clock
        self._objective_id = objective_id
        self._tell = tell
        self._said: dict[UUID, set[str]] = {}
        self._notes: dict[datetime, str] = {}
        self._state = "active"
        self._looked = False

    async def look(self, planned: Plan | None) -> int:
        """Tell what changed; answers how many pieces are under way."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            standing = await objectives.get(connection, self._objective_id)
            rows = await objective_task.ordered(connection, self._objective_id, now - LOOK_BACK)
            if standing is None:
                return 0
            for row in reversed(rows):
                await self._look_at(connection, standing, row, now)
        self._tell_notes(standing, planned, now)
        if standing.state != self._state:
            self._state = standing.state
            if standing.state == "paused":
                why = f"paused: {standing.state_reason}. `chimera studio resume {standing.name}` lets it go on"
                self._tell(ChannelEvent(at=now, objective=standing.name, event="paused", message=why))
        self._looked = True
        return sum(row.kind == TaskKind.CONTENT and row.state is TaskState.WAITING for row in rows)

    async def _look_at(self, connection: Connection, standing: ObjectiveRecord, row: TaskRecord, now: datetime) -> None:
        told, more = await _told(connection, row)
        if told is None:
            return
        said, key = self._said.setdefault(row.id, set()), f"{row.attempt}/{told[1]}"
        if key in said:
            return
        said.add(key)
        if not self._looked:
            return
        self._tell(
            ChannelEvent(
                at=now,
                objective=standing.name,
                event=told[0],
                message=told[1],
                slot=datetime.fromisoformat(row.payload["slot"]),
                task_id=row.id,
                content_id=row.content_id,
                details=more,
            )
        )

    def _tell_notes(self, standing: ObjectiveRecord, planned: Plan | None, now: datetime) -> None:
        notes = {note.slot: note.reason for note in planned.notes} if planned else {}
        for slot, reason in notes.items():
            if self._notes.get(slot) != reason:
                self._tell(ChannelEvent(at=now, objective=standing.name, event="note", message=reason, slot=slot))
        self._notes = notes


async def _told(connection: Connection, row: TaskRecord) -> tuple[Told | None, dict[str, Any]]:
    """The sentence for a row as it stands, and its facts."""
    result: dict[str, Any] = row.result or {}
    if row.state in {TaskState.FAILED, TaskState.DEAD}:
        error = row.error or {}
        return ("failed", f"{row.kind}: {error.get('code')}: {error.get('message')}"), error
    if row.state is TaskState.QUEUED and (row.review or {}).get("outcome") in {"rework", "stale"}:
        review = row.review or {}
        return ("sent_back", f"{row.kind}: {'; '.join(review.get('reasons', []))}"), review
    if row.kind == TaskKind.CONTENT:
        return await _told_of_piece(connection, row)
    if row.state is TaskState.WAITING:
        said = (row.error or {}).get("message") or "; ".join((row.review or {}).get("reasons", []))
        return ("waiting", f"{row.kind} waits for a person: {said}. See `chimera review list`"), {}
    if row.state is not TaskState.DONE:
        return None, {}
    confidence = (row.review or {}).get("confidence")
    if row.kind == TaskKind.SCAN:
        topics = result.get("topics", [])
        shown = ", ".join(topics[:3]) + (", ..." if len(topics) > 3 else "")
        return ("found", f"{len(topics)} rising as of {result.get('as_of')}: {shown}"), {"confidence": confidence}
    return ("chosen", f"{result.get('topic')} ({result.get('reason')})"), {"confidence": confidence}


async def _told_of_piece(connection: Connection, row: TaskRecord) -> tuple[Told | None, dict[str, Any]]:
    topic = (row.result or {}).get("topic", "the piece")
    if row.content_id is None or row.state not in {TaskState.WAITING, TaskState.REVIEW, TaskState.DONE}:
        return None, {}
    piece = await content_pipeline.get(connection, row.content_id)
    if piece is None:
        return (("making", f"{topic} ({row.content_id})"), {}) if row.state is TaskState.WAITING else (None, {})
    title = str((piece.metadata.get("storyboard") or {}).get("title") or topic)
    if piece.stage is Stage.PUBLISHED:
        return await _told_of_published(connection, piece, title)
    if tx_id := piece.metadata.get("waits_for"):
        return ("waiting", f"{title}: money waits for a person: `chimera approvals approve {tx_id}`"), {"tx_id": tx_id}
    item = await review_item.of_content(connection, piece.id)
    if piece.stage is Stage.REVIEW and item is not None and item.state == "waiting":
        how = f"{title}: {item.reason}. `chimera review approve {item.id}` (or reject)"
        return ("waiting", how), {"review_item": str(item.id)}
    return ("making", f"{topic} ({row.content_id})"), {}


async def _told_of_published(connection: Connection, piece: ContentRecord, title: str) -> tuple[Told, dict[str, Any]]:
    video = await video_metadata.of_content(connection, piece.id)
    post_id = video.platform_ids.get("local") if video else None
    url = watch_url(post_id) if post_id else ""
    quality = f"quality {piece.quality_score}, " if piece.quality_score is not None else ""
    told = f"{title} {url} ({quality}${piece.production_cost:.2f})"
    return ("published", told), {"url": url, "usd": float(piece.production_cost)}
