"""Processes that are killed or put to sleep amid their tasks: every task is done, and one result counts."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from chimera.core.vocabulary import TaskState
from chimera.runtime.dispatch.task_queue import TaskQueue
from factories_dispatch import all_done, new_task, states, until

pytestmark = pytest.mark.engines

_SCRIPT = Path(__file__).parents[2] / "dispatching_process.py"
_LEASE_SECONDS = "2"


@contextmanager
def _host(database_url: str, redis_url: str) -> Iterator[subprocess.Popen[bytes]]:
    path = os.pathsep.join(sys.path)
    with subprocess.Popen(
        [sys.executable, str(_SCRIPT), database_url, redis_url, _LEASE_SECONDS],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.DEVNULL,
    ) as host:
        try:
            yield host
        finally:
            host.kill()


async def _check_results(queue: TaskQueue, count: int) -> None:
    async with queue.database.transaction() as connection:
        cursor = await connection.execute("SELECT attempt, result FROM task WHERE state = 'done'")
        rows = await cursor.fetchall()
    assert len(rows) == count
    assert all(found["result"]["attempt"] == found["attempt"] for found in rows)


async def test_what_a_killed_host_held_is_done_by_another(queue: TaskQueue, database_url: str, redis_url: str) -> None:
    await queue.submit([new_task(queue.clock) for _ in range(300)])
    with _host(database_url, redis_url) as first, _host(database_url, redis_url):
        await until(lambda: _some(queue, TaskState.DONE, 50))
        first.kill()
        await until(lambda: all_done(queue.database, 300))
    await _check_results(queue, 300)


async def test_a_host_that_wakes_up_late_changes_nothing(queue: TaskQueue, database_url: str, redis_url: str) -> None:
    await queue.submit([new_task(queue.clock) for _ in range(200)])
    with _host(database_url, redis_url) as sleeper:
        await until(lambda: _some(queue, TaskState.DONE, 20))
        sleeper.send_signal(signal.SIGSTOP)
        with _host(database_url, redis_url):
            await until(lambda: all_done(queue.database, 200))
            before = await _all_rows(queue)
            sleeper.send_signal(signal.SIGCONT)
            await queue.submit([new_task(queue.clock) for _ in range(20)])
            await until(lambda: all_done(queue.database, 220))
    assert set(before) <= set(await _all_rows(queue))


@pytest.mark.slow
async def test_twenty_kills_lose_no_task(queue: TaskQueue, database_url: str, redis_url: str) -> None:
    chance = random.Random(20)
    await queue.submit([new_task(queue.clock, attempts_max=100) for _ in range(3_000)])
    for kill in range(20):
        with _host(database_url, redis_url), _host(database_url, redis_url) as victim:
            await until(partial(_some, queue, TaskState.DONE, kill * 120 + chance.randrange(60)))
            victim.kill()
    with _host(database_url, redis_url):
        await until(lambda: all_done(queue.database, 3_000), 120.0)
    await _check_results(queue, 3_000)


async def _some(queue: TaskQueue, state: TaskState, count: int) -> bool:
    return (await states(queue.database)).get(state, 0) >= count


async def _all_rows(queue: TaskQueue) -> list[tuple[object, ...]]:
    async with queue.database.transaction() as connection:
        cursor = await connection.execute("SELECT id, attempt, state, result->>'process' AS process FROM task")
        return [tuple(found.values()) for found in await cursor.fetchall()]
