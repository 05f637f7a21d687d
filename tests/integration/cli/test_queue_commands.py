"""`chimera queue`: what waits, what was refused or given up, and putting a task back."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from chimera.cli import queue
from chimera.cli.studio import studio_of_environment
from chimera.core.errors import Conflict, ValidationFailed
from chimera.core.vocabulary import Priority, TaskState
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.storage.records import dead_letter
from chimera.storage.records.dead_letter import DeadLetter
from factories_dispatch import new_task, states

pytestmark = pytest.mark.usefixtures("studio_environment")
Captured = pytest.CaptureFixture[str]


def _printed(capsys: Captured) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out))


async def _submitted(*priorities: Priority) -> list[UUID]:
    async with studio_of_environment() as studio:
        tasks = [new_task(studio.clock, priority=priority) for priority in priorities]
        await TaskQueue(studio.database, studio.redis, studio.clock).submit(tasks)
        return [task.id for task in tasks]


async def _ended(task_id: UUID, state: TaskState) -> None:
    async with studio_of_environment() as studio, studio.database.transaction() as connection:
        await connection.execute("UPDATE task SET state = %s, attempt = 3 WHERE id = %s", (state, task_id))
        letter = DeadLetter(uuid4(), "task_queue:low", "\x1b[31mred", "given up", task_id, studio.clock.now())
        await dead_letter.add_all(connection, [letter])


async def test_stats_count_hints_and_tasks(capsys: Captured) -> None:
    await _submitted(Priority.HIGH, Priority.LOW, Priority.LOW)
    await queue.stats(json=True)
    found = _printed(capsys)
    assert found["hints"] == {"task_queue:high": 1, "task_queue:low": 2}
    assert [(row["state"], row["priority"], row["tasks"]) for row in found["tasks"]] == [
        ("queued", "high", 1),
        ("queued", "low", 2),
    ]
    await queue.stats()
    shown = capsys.readouterr().out
    assert "task_queue:low: 2 hints" in shown
    assert "Dead letters: 0." in shown


async def test_peek_shows_the_most_urgent_first(capsys: Captured) -> None:
    low, critical = await _submitted(Priority.LOW, Priority.CRITICAL)
    await queue.peek(json=True)
    assert [row["task_id"] for row in _printed(capsys)["tasks"]] == [str(critical), str(low)]
    await queue.peek(limit=1)
    assert str(critical) in capsys.readouterr().out


async def test_a_dead_task_is_seen_and_put_back(capsys: Captured) -> None:
    (task_id,) = await _submitted(Priority.LOW)
    await _ended(task_id, TaskState.DEAD)
    await queue.dead()
    shown = capsys.readouterr().out
    assert "given up" in shown
    assert "\x1b" not in shown
    await queue.retry(str(task_id))
    assert "attempt 4 of 4" in capsys.readouterr().out
    async with studio_of_environment() as studio:
        assert await states(studio.database) == {TaskState.QUEUED: 1}


async def test_letters_are_dropped_on_demand(capsys: Captured) -> None:
    (task_id,) = await _submitted(Priority.LOW)
    await _ended(task_id, TaskState.FAILED)
    await queue.dead(clear=True, json=True)
    assert _printed(capsys)["dropped"] == 1
    await queue.dead()
    assert "No dead letters." in capsys.readouterr().out


async def test_only_what_ended_badly_is_put_back() -> None:
    (task_id,) = await _submitted(Priority.LOW)
    with pytest.raises(Conflict, match="queued"):
        await queue.retry(str(task_id))
    with pytest.raises(ValidationFailed, match="no task"):
        await queue.retry(str(uuid4()))
    with pytest.raises(ValidationFailed, match="no task's id"):
        await queue.retry("seven")
