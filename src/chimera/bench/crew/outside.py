"""Tasks as an outsider hands them in: rows are there, their ids are pushed with LPUSH, and ten thousand agents wait."""

import asyncio
import time

import redis

from chimera.bench.crew.at_work import at_work
from chimera.bench.crew.found import Found, Line
from chimera.bench.crew.fresh import in_fresh_process
from chimera.bench.crew.ground import Ground
from chimera.core.clock import SystemClock
from chimera.core.identity import new_id
from chimera.core.vocabulary import Role
from chimera.runtime.dispatch.hints import hint_message
from chimera.storage.scratch_tasks import add_noops, dead_letters, states

_LIST = "task_queue:normal"


def queue_tasks(ground: Ground, tasks: int, agents: int) -> list[Line]:
    """How long that many take, and how many of them did not end as done."""
    with ground.database() as url:
        redis_url = ground.empty_redis()
        seconds = in_fresh_process(push_and_wait, url, redis_url, tasks, agents)
        errors = tasks - states(url).get("done", 0) + dead_letters(url)
    how = f"{tasks:,} rows and one LPUSH each, over {agents:,} hosted agents; from the first LPUSH to the last row done"
    return [
        Found("queue_tasks_seconds", "s", seconds, how),
        Found("queue_tasks_errors", "tasks", errors, "tasks that are not done, and dead letters"),
    ]


def push_and_wait(url: str, redis_url: str, tasks: int, agents: int) -> float:
    """Seconds from the first LPUSH until the last row is done."""
    return asyncio.run(_push_and_wait(url, redis_url, tasks, agents))


async def _push_and_wait(url: str, redis_url: str, tasks: int, agents: int) -> float:
    clock = SystemClock()
    ids = [new_id(clock) for _ in range(tasks)]
    messages = [hint_message(task_id, Role.WORKER) for task_id in ids]
    await asyncio.to_thread(add_noops, url, ids, hinted=True)
    async with at_work(url, redis_url, agents) as crew:
        started_at = time.perf_counter()
        await asyncio.to_thread(_push, redis_url, messages)
        await crew.written(tasks)
        return time.perf_counter() - started_at


def _push(redis_url: str, messages: list[str]) -> None:
    with redis.Redis.from_url(redis_url) as client:
        for message in messages:
            client.lpush(_LIST, message)
