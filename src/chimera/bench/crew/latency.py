"""How long a task waits from its submission until an agent begins it: on a quiet queue, and behind a long one."""

import asyncio
import time
from random import Random
from uuid import UUID

from redis.asyncio import Redis

from chimera.bench.crew.at_work import AtWork, at_work, hints
from chimera.bench.crew.dispatching import AGENTS
from chimera.bench.crew.found import Found, Line
from chimera.bench.crew.fresh import in_fresh_process
from chimera.bench.crew.ground import Ground
from chimera.bench.crew.spread import percentile
from chimera.core.clock import SystemClock
from chimera.core.identity import new_id
from chimera.core.vocabulary import Priority, Role, TaskKind
from chimera.runtime.dispatch.hint_lists import HintLists
from chimera.storage.records.task import NewTask
from chimera.storage.scratch_tasks import add_noops, states

HIGH_PER_SECOND = 20
SETTLE_SECONDS = 0.5
_OPEN_LOOP = "arrivals by chance at {} a second, submitted and worked by one process; from the intended arrival"


def dispatch_latency(ground: Ground, per_second: int, seconds: float) -> list[Line]:
    """Percentiles from the intended submission to the handler's first line."""
    with ground.database() as url:
        taken = in_fresh_process(
            submit_and_begin, url, ground.empty_redis(), Priority.NORMAL, per_second, int(per_second * seconds)
        )
    how = _OPEN_LOOP.format(per_second)
    return [Found(f"dispatch_p{percent}_ms", "ms", percentile(taken, percent) * 1000, how) for percent in (50, 95, 99)]


def behind_a_backlog(ground: Ground, high_tasks: int, backlog: int) -> list[Line]:
    """The same for high tasks: alone, then while that many low ones wait and are worked on."""
    with ground.database() as url:
        alone = in_fresh_process(
            submit_and_begin, url, ground.empty_redis(), Priority.HIGH, HIGH_PER_SECOND, high_tasks
        )
    with ground.database() as url:
        clock = SystemClock()
        low = [new_id(clock) for _ in range(backlog)]
        add_noops(url, low, priority=Priority.LOW, hinted=True)
        redis_url = ground.empty_redis()
        asyncio.run(_push(redis_url, low))
        behind = in_fresh_process(submit_and_begin, url, redis_url, Priority.HIGH, HIGH_PER_SECOND, high_tasks)
        left = states(url).get("queued", 0)
    how = f"high tasks, {_OPEN_LOOP.format(HIGH_PER_SECOND)}"
    low_how = f"{how}, while {backlog:,} low ones are worked on"
    return [
        Found("high_alone_p95_ms", "ms", percentile(alone, 95) * 1000, how),
        Found("high_behind_low_p95_ms", "ms", percentile(behind, 95) * 1000, low_how),
        Found("high_behind_low_max_ms", "ms", max(behind) * 1000, low_how),
        Found(
            "high_behind_low_extra_ms",
            "ms",
            (percentile(behind, 95) - percentile(alone, 95)) * 1000,
            "the difference of the two 95th percentiles of this round",
        ),
        Found("low_tasks_left", "rows", left, "low tasks still queued when the last high one was done"),
    ]


def submit_and_begin(url: str, redis_url: str, priority: Priority, per_second: int, count: int) -> list[float]:
    """Seconds of each task from its intended arrival until its handler starts."""
    return asyncio.run(_submit_and_begin(url, redis_url, priority, per_second, count))


async def _submit_and_begin(url: str, redis_url: str, priority: Priority, per_second: int, count: int) -> list[float]:
    due: dict[UUID, float] = {}
    taken: list[float] = []
    all_began = asyncio.Event()

    def began(task_id: UUID) -> None:
        if task_id in due:
            taken.append(time.perf_counter() - due[task_id])
            if len(taken) == count:
                all_began.set()

    async with at_work(url, redis_url, AGENTS, began) as crew:
        await asyncio.sleep(SETTLE_SECONDS)
        random = Random(per_second)  # noqa: S311 - arrival times, no secrets
        due_at = time.perf_counter()
        async with asyncio.TaskGroup() as submitting:
            for _ in range(count):
                due_at += random.expovariate(per_second)
                await asyncio.sleep(max(0.0, due_at - time.perf_counter()))
                task = _noop(crew, priority)
                due[task.id] = due_at
                submitting.create_task(crew.queue.submit([task]))
        await all_began.wait()
    return taken


def _noop(crew: AtWork, priority: Priority) -> NewTask:
    now = crew.queue.clock.now()
    return NewTask(new_id(crew.queue.clock), TaskKind.NOOP.value, Role.WORKER, {}, now, now, priority)


async def _push(redis_url: str, low: list[UUID]) -> None:
    async with Redis.from_url(redis_url) as redis:
        await HintLists(redis).push(hints(low, Priority.LOW))
