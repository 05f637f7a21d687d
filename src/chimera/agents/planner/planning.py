"""From an objective and what became of it so far to the tasks to order now. Pure: the same twice is the same ids."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from chimera.agents.planner.cadence import Slot, due_slots, replay_as_of
from chimera.agents.planner.channel import Channel, OrderedTask, Progress, progress_of, set_aside
from chimera.agents.planner.replanning import Move, Next, after_failure
from chimera.core.limits import TIMEFRAME_MAX
from chimera.core.timeframe import parse_timeframe
from chimera.core.vocabulary import Priority, Role, TaskKind, TaskState

FAILED_SLOTS_MAX = 5
"""So many slots in a row without a piece, and the objective is paused until a person has looked."""


@dataclass(frozen=True, slots=True)
class PlannedTask:
    id: UUID
    kind: TaskKind
    role: Role
    payload: dict[str, Any]
    not_before: datetime
    needs: tuple[UUID, ...] = ()
    content_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class SlotNote:
    """Why a slot has no piece under way."""

    slot: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`cancels` are tasks that nothing will come of; `pause` says why the objective should stop."""

    tasks: tuple[PlannedTask, ...] = ()
    cancels: tuple[UUID, ...] = ()
    notes: tuple[SlotNote, ...] = ()
    pause: str | None = None
    priority: Priority = Priority.NORMAL


def task_id(objective_id: UUID, slot: datetime, kind: TaskKind, attempt: int) -> UUID:
    """The id of a slot's task: the same whoever plans it."""
    return uuid5(objective_id, f"{slot.isoformat()}/{kind}/{attempt}")


def content_id_of(content_task_id: UUID) -> UUID:
    """The piece that a content task makes."""
    return uuid5(content_task_id, "content")


def plan(channel: Channel, now: datetime) -> Plan:
    """What to order now, for each due slot at most one try at a time, within what is left of today's budget and of the
    pieces that may be under way at once."""
    failed = failed_in_a_row(channel, now)
    if len(failed) >= FAILED_SLOTS_MAX:
        return Plan(pause=f"{len(failed)} slots in a row gave no piece; the last: {failed[-1].reason}")
    objective = channel.objective
    left = objective.daily_budget_usd - set_aside(channel, now)
    free = objective.pieces_at_once - _under_way(channel)
    due = [slot for slot in due_slots(objective, now) if _is_the_channels(channel, slot)]
    tasks: list[PlannedTask] = []
    notes: list[SlotNote] = []
    for slot in due:
        progress = progress_of(channel.tasks, slot.at)
        if progress.is_open or progress.is_made:
            continue
        step = _first(slot) if not progress.tasks else after_failure(progress, slot, now, channel.answered_at)
        if step.move in {Move.HOLD, Move.GIVE_UP}:
            notes.append(SlotNote(slot.at, step.reason))
        elif free <= 0:
            notes.append(SlotNote(slot.at, _no_room(objective.pieces_at_once)))
        elif left < objective.piece_budget_usd:
            notes.append(SlotNote(slot.at, _no_money(objective.daily_budget_usd, left)))
        elif step.not_before is None or step.not_before <= now:
            left -= objective.piece_budget_usd
            free -= 1
            tasks += _chain(channel, slot, progress, step, now)
        else:
            notes.append(SlotNote(slot.at, f"{step.reason} (not before {step.not_before:%H:%M:%S} UTC)"))
    return Plan(tuple(tasks), _cancels(channel, due), tuple(notes), priority=objective.priority)


def _no_room(at_once: int) -> str:
    return f"{at_once} pieces are under way or wait for a person, and no more may be: when one has ended"


def _under_way(channel: Channel) -> int:
    """How many slots' last tries have not ended; what waits for a person counts, since it still holds its place."""
    slots = {task.slot for task in channel.tasks}
    return sum(progress_of(channel.tasks, slot).is_open for slot in slots)


def failed_in_a_row(channel: Channel, now: datetime) -> list[SlotNote]:
    """The newest slots that were given up, oldest first, back to the last piece or the last start of the channel."""
    found: list[SlotNote] = []
    slots = sorted({task.slot for task in channel.tasks if task.created_at >= channel.active_since}, reverse=True)
    ends = {slot.at: slot for slot in due_slots(channel.objective, now)}
    for at in slots:
        progress = progress_of(channel.tasks, at)
        if progress.is_made:
            break
        failure = progress.failure
        if failure is None:
            continue
        end = after_failure(progress, ends.get(at, Slot(at, at, 0)), now, channel.answered_at)
        if end.move is Move.GIVE_UP and end.counts:
            found.insert(0, SlotNote(at, end.reason))
    return found


def _is_the_channels(channel: Channel, slot: Slot) -> bool:
    """A time of day that had passed when the channel was first registered is not made up for; an interval goes on."""
    return channel.objective.every is not None or slot.at >= channel.first_at


def _first(slot: Slot) -> Next:
    return Next(Move.SCAN, f"the slot of {slot.at:%H:%M}")


def _no_money(daily: Decimal, left: Decimal) -> str:
    return f"${max(left, Decimal(0)):.2f} of today's ${daily:.2f} are left: too little for a piece before 00:00 UTC"


def _chain(channel: Channel, slot: Slot, progress: Progress, step: Next, now: datetime) -> list[PlannedTask]:
    attempt = progress.attempt + 1
    about: dict[str, Any] = {"slot": slot.at.isoformat(), "attempt": attempt}
    ids = {kind: task_id(channel.id, slot.at, kind, attempt) for kind in TaskKind}
    chain: list[PlannedTask] = []
    scan_id = ids[TaskKind.SCAN]
    needs: tuple[UUID, ...] = (scan_id,)
    if step.move is Move.CHOOSE and progress.scan is not None:
        scan_id, needs = progress.scan.id, ()
    else:
        look = about | {"timeframe": _timeframe(channel, progress), "as_of": _as_of(channel, slot)}
        chain.append(PlannedTask(scan_id, TaskKind.SCAN, Role.SCOUT, look, now))
    choice = about | {"scan_task_id": str(scan_id), "unwanted": [str(trend) for trend in progress.tried_trends]}
    chain.append(PlannedTask(ids[TaskKind.CHOOSE], TaskKind.CHOOSE, Role.PLANNER, choice, now, needs))
    personas = channel.objective.personas
    order = about | {
        "choose_task_id": str(ids[TaskKind.CHOOSE]),
        "persona": personas[slot.number % len(personas)],
    }
    content_id = content_id_of(ids[TaskKind.CONTENT])
    made_of = (ids[TaskKind.CHOOSE],)
    chain.append(PlannedTask(ids[TaskKind.CONTENT], TaskKind.CONTENT, Role.DIRECTOR, order, now, made_of, content_id))
    return chain


def _timeframe(channel: Channel, progress: Progress) -> str:
    """Twice as long for each time that nothing rose, at most what a timeframe can be."""
    length = parse_timeframe(channel.objective.timeframe) * 2**progress.widenings
    return f"{int(min(length, TIMEFRAME_MAX).total_seconds()) // 60}m"


def _as_of(channel: Channel, slot: Slot) -> str | None:
    moment = replay_as_of(channel.objective, channel.first_at, slot)
    return moment.isoformat() if moment else None


def _cancels(channel: Channel, due: Sequence[Slot]) -> tuple[UUID, ...]:
    """Tasks of failed tries that wait for what never comes, those not begun of slots that are over, and choices that
    waited for a person and are made anew."""
    lasting = {slot.at for slot in due}
    stuck: list[UUID] = []
    for at in {task.slot for task in channel.tasks if _not_begun(task) or _held(task)}:
        own = [task for task in channel.tasks if task.slot == at]
        latest = max(task.attempt for task in own)
        for attempt in {task.attempt for task in own}:
            tried = [task for task in own if task.attempt == attempt]
            is_over = at not in lasting
            if is_over or progress_of(tried, at).failure is not None:
                stuck += [task.id for task in tried if _not_begun(task)]
            if is_over or attempt < latest:
                stuck += [task.id for task in tried if _held(task)]
    return tuple(sorted(stuck))


def _not_begun(task: OrderedTask) -> bool:
    return task.state in {TaskState.BLOCKED, TaskState.QUEUED} and task.usd is None


def _held(task: OrderedTask) -> bool:
    return task.kind is TaskKind.CHOOSE and task.is_held
