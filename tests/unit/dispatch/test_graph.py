"""Tasks that are added together, and what they need."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from chimera.core.clock import FixedClock
from chimera.core.errors import ValidationFailed
from chimera.core.vocabulary import TaskState
from chimera.runtime.dispatch.graph import beginnings
from factories_dispatch import new_task

_CLOCK = FixedClock(datetime(2026, 2, 6, 12, tzinfo=UTC))


def test_what_needs_another_comes_behind_it_and_is_blocked() -> None:
    first = new_task(_CLOCK)
    second = new_task(_CLOCK, needs=[first.id])
    added = beginnings([second, first], {})
    assert [(entry.task.id, entry.state) for entry in added] == [
        (first.id, TaskState.QUEUED),
        (second.id, TaskState.BLOCKED),
    ]


@pytest.mark.parametrize(
    ("needed", "state"),
    [
        (TaskState.DONE, TaskState.QUEUED),
        (TaskState.RUNNING, TaskState.BLOCKED),
        (TaskState.REVIEW, TaskState.BLOCKED),
        (TaskState.FAILED, TaskState.CANCELLED),
        (TaskState.DEAD, TaskState.CANCELLED),
        (TaskState.CANCELLED, TaskState.CANCELLED),
    ],
)
def test_a_task_begins_as_its_needs_stand(needed: TaskState, state: TaskState) -> None:
    earlier = uuid4()
    (added,) = beginnings([new_task(_CLOCK, needs=[earlier])], {earlier: needed})
    assert added.state is state
    assert (added.error is not None) == (state is TaskState.CANCELLED)


def test_a_need_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValidationFailed, match="is not there"):
        beginnings([new_task(_CLOCK, needs=[uuid4()])], {})


def test_a_ring_is_refused() -> None:
    one, two = uuid4(), uuid4()
    with pytest.raises(ValidationFailed, match="ring"):
        beginnings([new_task(_CLOCK, id=one, needs=[two]), new_task(_CLOCK, id=two, needs=[one])], {})


def test_the_same_id_twice_is_refused() -> None:
    task = new_task(_CLOCK)
    with pytest.raises(ValidationFailed, match="same id"):
        beginnings([task, task], {})


def test_a_task_that_is_there_already_is_left_out() -> None:
    task = new_task(_CLOCK)
    assert beginnings([task], {task.id: TaskState.RUNNING}) == []
