"""Engines that go away, hosts that are late: work resumes, and no attempt counts twice."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from chimera.contracts.task import TaskOutcome
from chimera.core.clock import SystemClock
from chimera.core.errors import ToolFailed
from chimera.core.vocabulary import Role, TaskState
from chimera.runtime.dispatch import attempts, sweeper
from chimera.runtime.dispatch.attempts import worked
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.storage.database import open_database
from chimera.storage.records import task_work
from chimera.storage.records.task import TaskRecord
from factories_dispatch import (
    Hands,
    all_done,
    dead_reasons,
    dispatcher_of,
    do_nothing,
    new_task,
    opened_redis,
    pushed,
    relayed,
    row,
    states,
    until,
    working,
)

pytestmark = pytest.mark.engines


@pytest.fixture
def lost_hints_are_found_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeper, "SWEEP_SECONDS", 0.1)
    monkeypatch.setattr(sweeper, "HINT_LOST_AFTER", timedelta(milliseconds=200))
    monkeypatch.setattr(sweeper, "COUNT_EVERY", 1)


@pytest.mark.usefixtures("lost_hints_are_found_soon")
async def test_flushing_redis_loses_no_task(queue: TaskQueue, redis: Redis) -> None:
    await queue.submit([new_task(queue.clock) for _ in range(400)])
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 4}), _slowly)):
        for done in (50, 100, 150):
            await until(_done_at_least(queue, done))
            await redis.flushdb()
        await until(lambda: all_done(queue.database, 400))


async def test_without_redis_tasks_are_taken_from_their_table_and_hints_come_back(
    queue: TaskQueue, redis: Redis, redis_url: str
) -> None:
    async with relayed(redis_url) as relay, opened_redis(relay.url) as behind:
        cut = TaskQueue(queue.database, behind, SystemClock())
        async with working(dispatcher_of(cut, Hands({Role.SCOUT: 4}), _slowly)):
            await cut.submit([new_task(queue.clock) for _ in range(100)])
            await until(_done_at_least(queue, 20))
            await relay.close()
            await cut.submit([new_task(queue.clock) for _ in range(100)])
            await until(lambda: all_done(queue.database, 200))
            await relay.open()
            await pushed(redis, "task_queue:low", "only whoever reads the lists can refuse this")
            await until(lambda: _refused(queue))


async def test_work_resumes_when_postgresql_was_away(queue: TaskQueue, database_url: str, redis: Redis) -> None:
    await queue.submit([new_task(queue.clock) for _ in range(400)])
    async with relayed(database_url) as relay, open_database(relay.url) as behind:
        cut = TaskQueue(behind, redis, SystemClock())
        async with working(dispatcher_of(cut, Hands({Role.SCOUT: 20}), _slowly, lease=timedelta(seconds=4))):
            for done in (40, 120, 200):
                await until(_done_at_least(queue, done))
                await relay.close()
                await asyncio.sleep(0)
                await relay.open()
            await until(lambda: all_done(queue.database, 400))


async def test_results_are_kept_while_postgresql_is_away(queue: TaskQueue, database_url: str, redis: Redis) -> None:
    release = asyncio.Event()
    runs: list[UUID] = []

    async def work(task: TaskRecord, agent: UUID) -> TaskOutcome:
        runs.append(task.id)
        await release.wait()
        return await do_nothing(task, agent)

    await queue.submit([new_task(queue.clock) for _ in range(10)])
    async with relayed(database_url) as relay, open_database(relay.url) as behind:
        cut = TaskQueue(behind, redis, SystemClock())
        dispatcher = dispatcher_of(cut, Hands({Role.SCOUT: 10}), work)
        async with working(dispatcher):
            await until(lambda: len(runs) == 10)
            await relay.close()
            release.set()
            await until(lambda: len(dispatcher.results) == 10)
            await relay.open()
            await until(lambda: all_done(queue.database, 10))
    assert len(runs) == 10


@pytest.mark.usefixtures("lost_hints_are_found_soon")
@pytest.mark.parametrize("seed", range(6))
async def test_two_hosts_never_run_one_attempt_twice(
    queue: TaskQueue, redis: Redis, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(attempts, "RETRY_AFTER", timedelta(milliseconds=5))
    chance = random.Random(seed)
    runs: list[tuple[UUID, int]] = []

    async def work(task: TaskRecord, agent: UUID) -> TaskOutcome:
        runs.append((task.id, task.attempt))
        await asyncio.sleep(chance.random() / 100)
        if chance.random() < 0.1:
            raise ToolFailed("by chance")
        return await do_nothing(task, agent)

    tasks = [new_task(queue.clock, attempts_max=50) for _ in range(200)]
    await queue.submit(tasks)
    async with working(*(dispatcher_of(queue, Hands({Role.SCOUT: 7}), work) for _ in range(2))):
        for _ in range(10):
            again = chance.sample(tasks, 50)
            await queue.hint((task.id, task.agent_role, task.priority) for task in again)
            if chance.random() < 0.2:
                await redis.flushdb()
            await asyncio.sleep(0.01)
        await until(lambda: all_done(queue.database, 200))
    assert len(runs) == len(set(runs))


async def test_a_late_host_can_neither_finish_nor_renew_nor_give_back(queue: TaskQueue) -> None:
    task, late, other = new_task(queue.clock), uuid4(), uuid4()
    await queue.submit([task])
    now, lease = queue.clock.now(), timedelta(seconds=10)
    async with queue.database.transaction() as connection:
        (first,) = await task_work.claim(connection, {task.id: Role.SCOUT}, late, now, lease)
        assert await task_work.expire(connection, now + timedelta(seconds=11)) == [TaskState.QUEUED]
        (second,) = await task_work.claim(connection, {task.id: Role.SCOUT}, other, now, lease)
        done = TaskOutcome(state=TaskState.DONE, result={"by": "the late one"})
        written = await task_work.finish(connection, late, [worked(first, done, None, now)], now)
        assert list(written.refused) == [task.id]
        assert await task_work.renew(connection, late, {task.id: first.attempt}, now, lease) == frozenset()
        assert await task_work.give_back(connection, late, {task.id: first.attempt}, now) == []
    standing = await row(queue.database, task.id)
    assert (standing.state, standing.host_id, standing.attempt) == (TaskState.RUNNING, other, 2)
    assert second.attempt == 2


async def test_a_host_that_slept_past_its_lease_stops_what_others_have_taken(queue: TaskQueue) -> None:
    stopped, go_on = asyncio.Event(), asyncio.Event()

    async def sleep(task: TaskRecord, agent: UUID) -> TaskOutcome:
        try:
            await go_on.wait()
        except asyncio.CancelledError:
            stopped.set()
            raise
        return TaskOutcome(state=TaskState.DONE, result={"by": "the late one"})

    task = new_task(queue.clock)
    await queue.submit([task])
    lease = timedelta(seconds=1)
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 1}), sleep, lease=lease)):
        await until(lambda: _running(queue))
        async with queue.database.transaction() as connection:
            await task_work.expire(connection, queue.clock.now() + timedelta(seconds=60))
            await task_work.claim(connection, {task.id: Role.SCOUT}, uuid4(), queue.clock.now(), timedelta(minutes=9))
        await until(stopped.is_set)
    assert (await row(queue.database, task.id)).attempt == 2


async def test_a_host_that_takes_its_own_lost_task_again_ends_the_later_attempt(queue: TaskQueue) -> None:
    begun: list[int] = []

    async def work(task: TaskRecord, agent: UUID) -> TaskOutcome:
        begun.append(task.attempt)
        if task.attempt == 1:
            await asyncio.Event().wait()
        return await do_nothing(task, agent)

    task = new_task(queue.clock)
    await queue.submit([task])
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 2}), work)):
        await until(lambda: begun == [1])
        async with queue.database.transaction() as connection:
            await task_work.expire(connection, queue.clock.now() + timedelta(seconds=60))
        await until(lambda: all_done(queue.database, 1))
    assert begun == [1, 2]


async def test_a_task_whose_hosts_die_is_given_up_after_its_attempts(queue: TaskQueue) -> None:
    task = new_task(queue.clock, attempts_max=3)
    behind = new_task(queue.clock, needs=[task.id])
    await queue.submit([task, behind])
    now, ends = queue.clock.now(), []
    async with queue.database.transaction() as connection:
        for _ in range(3):
            await task_work.claim(connection, {task.id: Role.SCOUT}, uuid4(), now, timedelta(seconds=1))
            ends += await task_work.expire(connection, now + timedelta(seconds=2))
    assert ends == [TaskState.QUEUED, TaskState.QUEUED, TaskState.DEAD]
    assert await states(queue.database) == {TaskState.DEAD: 1, TaskState.CANCELLED: 1}


async def test_a_claim_whose_answer_was_lost_is_given_back_by_its_host(queue: TaskQueue) -> None:
    host_id, task = uuid4(), new_task(queue.clock)
    await queue.submit([task])
    async with queue.database.transaction() as connection:
        await task_work.claim(connection, {task.id: Role.SCOUT}, host_id, queue.clock.now(), timedelta(minutes=9))
        unknown = await task_work.unknown_running(connection, host_id, [])
        assert unknown == {task.id: 1}
        (ready,) = await task_work.give_back(connection, host_id, unknown, queue.clock.now())
    assert ready.id == task.id


async def _slowly(task: TaskRecord, agent: UUID) -> TaskOutcome:
    await asyncio.sleep(0.005)
    return await do_nothing(task, agent)


def _done_at_least(queue: TaskQueue, count: int) -> Callable[[], Awaitable[bool]]:
    async def enough() -> bool:
        return (await states(queue.database)).get(TaskState.DONE, 0) >= count

    return enough


async def _running(queue: TaskQueue) -> bool:
    return await states(queue.database) == {TaskState.RUNNING: 1}


async def _refused(queue: TaskQueue) -> bool:
    return len(await dead_reasons(queue.database)) == 1
