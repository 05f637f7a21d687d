"""What an attempt comes to."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chimera.contracts.task import TaskOutcome
from chimera.core.errors import (
    BudgetExceeded,
    Cancelled,
    ChimeraError,
    Conflict,
    InternalError,
    NoTrends,
    SpendPaused,
    StudioHalted,
    ToolFailed,
    ValidationFailed,
    WaitsForHuman,
)
from chimera.core.vocabulary import Priority, Role, TaskState
from chimera.runtime.dispatch.attempts import RESULT_BYTES_MAX, RETRY_AFTER_MAX, retry_delay, worked
from chimera.storage.records.task import TaskRecord

_NOW = datetime(2026, 2, 6, 12, tzinfo=UTC)


def _task(attempt: int = 1, attempts_max: int = 3) -> TaskRecord:
    return TaskRecord(
        id=uuid4(),
        kind="noop",
        agent_role=Role.SCOUT,
        priority=Priority.NORMAL,
        agent_id=None,
        payload={},
        state=TaskState.RUNNING,
        attempt=attempt,
        attempts_max=attempts_max,
        not_before=_NOW,
        lease_until=_NOW,
        host_id=uuid4(),
        worked_by=None,
        objective_id=None,
        objective_version=None,
        content_id=None,
        result=None,
        review=None,
        error=None,
        created_at=_NOW,
        finished_at=None,
    )


@pytest.mark.parametrize(
    ("failure", "attempt", "state"),
    [
        (ToolFailed("no"), 1, TaskState.QUEUED),
        (ToolFailed("no"), 3, TaskState.DEAD),
        (InternalError("crash"), 2, TaskState.QUEUED),
        (Conflict("moved"), 1, TaskState.QUEUED),
        (BudgetExceeded("no money"), 1, TaskState.FAILED),
        (ValidationFailed("wrong"), 1, TaskState.FAILED),
        (NoTrends("nothing rises"), 1, TaskState.FAILED),
        (WaitsForHuman("ask"), 1, TaskState.WAITING),
        (Cancelled("called off"), 1, TaskState.CANCELLED),
        (StudioHalted("halted"), 3, TaskState.QUEUED),
        (SpendPaused("paused"), 3, TaskState.QUEUED),
    ],
)
def test_a_failure_is_tried_again_unless_it_is_for_good(failure: ChimeraError, attempt: int, state: TaskState) -> None:
    ended = worked(_task(attempt), failure, uuid4(), _NOW)
    assert ended.state is state
    assert ended.error == {"code": failure.code, "message": failure.message, "attempt": attempt}


def test_each_failure_waits_longer_up_to_a_bound() -> None:
    delays = [retry_delay(attempt) for attempt in range(1, 101)]
    assert delays[:4] == [timedelta(seconds=seconds) for seconds in (2, 4, 8, 16)]
    assert delays == sorted(delays)
    assert delays[-1] == RETRY_AFTER_MAX


@pytest.mark.parametrize("result", [{"at": _NOW}, {"x": float("nan")}, {"long": "x" * RESULT_BYTES_MAX}, {"set": {1}}])
def test_a_result_that_cannot_be_kept_is_a_failed_attempt(result: dict[str, Any]) -> None:
    ended = worked(_task(), TaskOutcome(state=TaskState.DONE, result=result), uuid4(), _NOW)
    assert ended.state is TaskState.QUEUED
    assert ended.result is None


def test_a_failure_s_words_can_always_be_kept() -> None:
    ended = worked(_task(), ToolFailed("a\x00b\ud800" + "x" * 5_000), uuid4(), _NOW)
    assert ended.error is not None
    assert ended.error["message"].startswith("ab?x")
    assert len(ended.error["message"]) < 2_001
