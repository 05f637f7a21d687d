"""A task's way: a row and a hint, a claim, an agent, a result."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from chimera.contracts.task import TaskOutcome
from chimera.core.errors import AgentOffline, BudgetExceeded, ToolFailed, ValidationFailed
from chimera.core.vocabulary import Priority, Role, TaskState
from chimera.runtime.dispatch import attempts
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.storage.records import task_work
from chimera.storage.records.task import TaskRecord
from factories_dispatch import (
    Hands,
    all_done,
    dead_reasons,
    dispatcher_of,
    do_nothing,
    new_task,
    row,
    states,
    until,
    working,
)

pytestmark = pytest.mark.engines


async def test_a_submitted_task_is_done_by_an_agent_of_its_role(queue: TaskQueue) -> None:
    task = new_task(queue.clock)
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 1}))):
        await queue.submit([task])
        await until(lambda: all_done(queue.database, 1))
    assert (await row(queue.database, task.id)).attempt == 1


async def test_the_message_is_the_specification_s(queue: TaskQueue, redis: Redis) -> None:
    task = new_task(queue.clock, priority=Priority.HIGH)
    await queue.submit([task])
    (message,) = await _range(redis, "task_queue:high")
    assert message == f'{{"task_id": "{task.id}", "agent_role": "scout"}}'.encode()


async def test_an_outsider_s_lpush_starts_a_task_that_has_a_row(queue: TaskQueue, redis: Redis) -> None:
    task = new_task(queue.clock)
    await queue.submit([task])
    await redis.flushdb()
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 1}))):
        await _push(redis, "task_queue:high", json.dumps({"agent_role": "scout", "task_id": str(task.id)}))
        await until(lambda: all_done(queue.database, 1))


async def test_ten_thousand_tasks_are_each_done_once(queue: TaskQueue) -> None:
    done: list[UUID] = []

    async def note(task: TaskRecord, _agent: UUID) -> TaskOutcome:
        done.append(task.id)
        return await do_nothing(task, _agent)

    tasks = [new_task(queue.clock) for _ in range(10_000)]
    await queue.submit(tasks)
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 500}), note)):
        await until(lambda: all_done(queue.database, 10_000))
    assert sorted(done) == sorted(task.id for task in tasks)


async def _range(redis: Redis, name: str) -> list[bytes]:
    found: Any = redis.lrange(name, 0, -1)
    return list(await found)


async def _push(redis: Redis, name: str, message: str | bytes) -> None:
    pushed: Any = redis.lpush(name, message)
    await pushed
