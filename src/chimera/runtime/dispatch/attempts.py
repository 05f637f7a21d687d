"""What an attempt comes to: done, tried again later, or given up. Pure decisions."""

import json
from datetime import datetime, timedelta
from uuid import UUID

from chimera.contracts.task import TaskOutcome
from chimera.core.errors import (
    BadInput,
    Cancelled,
    ChimeraError,
    Conflict,
    GovernanceRefusal,
    InternalError,
    NoTrends,
    SpendPaused,
    StudioHalted,
    WaitsForHuman,
)
from chimera.core.vocabulary import TaskState
from chimera.storage.records.task import TaskRecord
from chimera.storage.records.task_work import WorkedTask

_json = json.JSONEncoder(allow_nan=False).encode
_STATES = {state.value: state for state in TaskState}
RESULT_BYTES_MAX = 262_144
MESSAGE_CHARACTERS_MAX = 2_000
RETRY_AFTER = timedelta(seconds=2)
RETRY_AFTER_MAX = timedelta(minutes=10)
_STOPPED = (StudioHalted, SpendPaused)
"""A person has stopped work for a while: the attempt does not count."""


def retry_delay(attempt: int) -> timedelta:
    """2, 4, 8 ... seconds after the first, second, third attempt, ten minutes at most."""
    return min(RETRY_AFTER * (1 << min(attempt - 1, 20)), RETRY_AFTER_MAX)


def worked(task: TaskRecord, outcome: TaskOutcome | ChimeraError, agent_id: UUID | None, now: datetime) -> WorkedTask:
    """What the attempt of a claimed task gave, to be written."""
    if isinstance(outcome, ChimeraError):
        return _failed(task, outcome, agent_id, now)
    try:
        result = _json(outcome.result)
    except (TypeError, ValueError, RecursionError) as error:
        return _failed(task, InternalError(f"the result is no JSON: {error}"), agent_id, now)
    if len(result) > RESULT_BYTES_MAX:
        too_long = InternalError(f"the result is longer than {RESULT_BYTES_MAX} bytes")
        return _failed(task, too_long, agent_id, now)
    return WorkedTask(task.id, task.attempt, _STATES[outcome.state], result, None, None, agent_id)


def failed_state(task: TaskRecord, failure: ChimeraError) -> TaskState:
    """A refusal that repeating can't change ends the task; anything else is tried again until the attempts are used."""
    if isinstance(failure, WaitsForHuman):
        return TaskState.WAITING
    if isinstance(failure, Cancelled):
        return TaskState.CANCELLED
    if isinstance(failure, _STOPPED):
        return TaskState.QUEUED
    if isinstance(failure, GovernanceRefusal | BadInput | NoTrends) and not isinstance(failure, Conflict):
        return TaskState.FAILED
    return TaskState.QUEUED if task.attempt < task.attempts_max else TaskState.DEAD


def _failed(task: TaskRecord, failure: ChimeraError, agent_id: UUID | None, now: datetime) -> WorkedTask:
    state = failed_state(task, failure)
    error = {"code": failure.code, "message": _storable(failure.message), "attempt": task.attempt}
    later = now + retry_delay(task.attempt) if state is TaskState.QUEUED else None
    counts = not isinstance(failure, _STOPPED)
    return WorkedTask(task.id, task.attempt, state, None, error, later, agent_id, counts)


def _storable(message: str) -> str:
    """Without the characters that PostgreSQL's JSON can't hold, and not longer than needed."""
    return message[:MESSAGE_CHARACTERS_MAX].replace("\x00", "").encode(errors="replace").decode()
