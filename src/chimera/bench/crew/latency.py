"""How long a task waits from its submission until an agent begins it: on a quiet queue, and behind a long one.

It is submitted by this process and begun by another one; both read the same clock.
"""

import asyncio
import time
from collections.abc import Sequence
from random import Random
from uuid import UUID

import uvloop
from redis.asyncio import Redis

from chimera.bench.crew.at_work import at_work, hints
from chimera.bench.crew.dispatching import AGENTS
from chimera.bench.crew.found import Found, Line
from chimera.bench.crew.fresh import in_fresh_process
from chimera.bench.crew.ground import Ground
from chimera.bench.crew.spread import percentile
from chimera.core.clock import SystemClock
from chimera.core.identity import new_id
from chimera.core.vocabulary import Priority, Role, TaskKind
from chimera.runtime.dispatch.hint_lists import HintLists
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.storage.database import open_database
from chimera.storage.records.task import NewTask, TaskRecord
from chimera.storage.scratch_tasks import add_noops, states

HIGH_PER_SECOND = 20
SETTLE_SECONDS = 0.5
_READY = "chimera-bench:ready"
_OPEN_LOOP = (
    "arrivals by chance at {} a second, submitted by one process and begun by another; from the intended arrival to "
    "the handler's first line"
)


def dispatch_latency(ground: Ground, per_second: int, seconds: float) -> list[Line]:
    """Percentiles on a queue that is otherwise empty."""
    with ground.database() as url:
        taken = asyncio.run(_waited(url, ground.empty_redis(), Priority.NORMAL, per_second, int(per_second * seconds)))
    how = _OPEN_LOOP.format(per_second)
    return [Found(f"dispatch_p{percent}_ms", "ms", percentile(taken, percent) * 1000, how) for percent in (50, 95, 99)]


def behind_a_backlog(ground: Ground, high_tasks: int, backlog: int) -> list[Line]:
    """The same for high tasks: alone, then while that many low ones wait and are worked on."""
    with ground.database() as url:
        alone = asyncio.run(_waited(url, ground.empty_redis(), Priority.HIGH, HIGH_PER_SECOND, high_tasks))
    with ground.database() as url:
        clock = SystemClock()
        low = [new_id(clock) for _ in range(backlog)]
        add_noops(url, low, priority=Priority.LOW, hinted=True)
        redis_url = ground.empty_redis()
        behind = asyncio.run(_waited(url, redis_url, Priority.HIGH, HIGH_PER_SECOND, high_tasks, low))
        left = states(url).get("queued", 0)
    how = f"high tasks, {_OPEN_LOOP.format(HIGH_PER_SECOND)}"
    low_how = f"{how}, while {backlog:,} low ones are worked on"
    extra = percentile(behind, 95) - percentile(alone, 95)
    return [
        Found("high_alone_p95_ms", "ms", percentile(alone, 95) * 1000, how),
        Found("high_behind_low_p95_ms", "ms", percentile(behind, 95) * 1000, low_how),
        Found("high_behind_low_max_ms", "ms", max(behind) * 1000, low_how),
        Found("high_behind_low_extra_ms", "ms", extra * 1000, "the difference of the two P95 of this round"),
        Found("low_tasks_left", "rows", left, "low tasks still queued when the last high one had begun"),
    ]


async def _waited(
    url: str, redis_url: str, priority: Priority, per_second: int, count: int, low: Sequence[UUID] = ()
) -> list[float]:
    """Seconds that each task waited; the hints of `low` are there before the crew begins."""
    async with open_database(url) as database, Redis.from_url(redis_url) as redis:
        queue = TaskQueue(database, redis, SystemClock())
        await HintLists(redis).push(hints(low, Priority.LOW))
        crew = asyncio.create_task(asyncio.to_thread(in_fresh_process, begin_tasks, url, redis_url, priority, count))
        while not crew.done() and await redis.blpop([_READY], timeout=1) is None:
            pass
        due = {} if crew.done() else await _submit(queue, priority, per_second, count)
        began = await crew
    return [began[task_id] - due_at for task_id, due_at in due.items()]


async def _submit(queue: TaskQueue, priority: Priority, per_second: int, count: int) -> dict[UUID, float]:
    """When each task, by id, was due to be submitted."""
    random = Random(per_second)  # noqa: S311 - arrival times, no secrets
    due: dict[UUID, float] = {}
    due_at = time.perf_counter()
    async with asyncio.TaskGroup() as submitting:
        for _ in range(count):
            due_at += random.expovariate(per_second)
            await asyncio.sleep(max(0.0, due_at - time.perf_counter()))
            now = queue.clock.now()
            task = NewTask(new_id(queue.clock), TaskKind.NOOP.value, Role.WORKER, {}, now, now, priority)
            due[task.id] = due_at
            submitting.create_task(queue.submit([task]))
    return due


def begin_tasks(url: str, redis_url: str, priority: Priority, count: int) -> dict[UUID, float]:
    """Work until so many tasks of the priority have begun; answers when each of them did."""
    return uvloop.run(_begin_tasks(url, redis_url, priority, count))


async def _begin_tasks(url: str, redis_url: str, priority: Priority, count: int) -> dict[UUID, float]:
    began_at: dict[UUID, float] = {}
    all_began = asyncio.Event()

    def began(task: TaskRecord) -> None:
        if task.priority is priority:
            began_at[task.id] = time.perf_counter()
            if len(began_at) == count:
                all_began.set()

    async with at_work(url, redis_url, AGENTS, began):
        await asyncio.sleep(SETTLE_SECONDS)
        async with Redis.from_url(redis_url) as redis:
            await redis.lpush(_READY, 1)
        await all_began.wait()
    return began_at
