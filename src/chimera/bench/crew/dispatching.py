"""No-ops through our dispatch: the hints alone, and whole tasks with rows, leases and agents. In fresh processes."""

import asyncio
import time

import uvloop
from redis.asyncio import Redis

from chimera.bench.crew.at_work import at_work, hints
from chimera.bench.crew.found import Found, Line
from chimera.bench.crew.fresh import in_fresh_process
from chimera.bench.crew.ground import Ground
from chimera.bench.crew.postgresql_noops import beside_rows
from chimera.bench.crew.redis_noops import beside_hints
from chimera.core.clock import SystemClock
from chimera.core.identity import new_id
from chimera.core.vocabulary import Priority, Role
from chimera.runtime.dispatch.dispatcher import CLAIMED_OF_A_ROLE
from chimera.runtime.dispatch.hint_lists import Demand, HintLists
from chimera.runtime.dispatch.hints import read_lines
from chimera.storage.scratch_tasks import add_noops

AGENTS = 2_000
_HINTS_HOW = (
    f"the specification's messages pushed to task_queue:normal; sorted by role, taken {CLAIMED_OF_A_ROLE} at a time "
    "and read strictly by one process; taking is acknowledging, since the row is what counts"
)
_TASKS_HOW = (
    f"rows and hints for {AGENTS:,} hosted agents; one process, on uvloop like `chimera worker`, claims with lease and "
    "attempt, hands to agents (shown busy and idle in Redis), does the no-op where it is claimed, and writes results "
    "under the fence; from its start to the last row that is done"
)


def hints_beside(ground: Ground, count: int, messages: int) -> list[Line]:
    """Our hints, and what others do with no-ops on the same Redis."""
    ours = count / in_fresh_process(take_hints, ground.empty_redis(), count)
    return [Found("hints_per_second", "1/s", ours, _HINTS_HOW), *beside_hints(ground, count, messages)]


def rows_beside(ground: Ground, count: int) -> list[Line]:
    """Our tasks, what others do with no-ops on the same PostgreSQL, and the ratios of this round."""
    with ground.database() as url:
        ours = count / in_fresh_process(work_tasks, url, ground.empty_redis(), count)
    others = beside_rows(ground, count)
    rates = {line.name: line.value for line in others if isinstance(line, Found)}
    lines: list[Line] = [Found("tasks_per_second", "1/s", ours, _TASKS_HOW), *others]
    for name, beside in (
        ("tasks_over_bare_claim", "bare_claim_per_second"),
        ("tasks_over_pgqueuer", "pgqueuer_per_second"),
        ("tasks_over_pgqueuer_default", "pgqueuer_default_per_second"),
    ):
        if beside in rates:
            lines.append(Found(name, "ratio", ours / rates[beside], f"tasks_per_second / {beside}, in one round"))
    return lines


def take_hints(redis_url: str, count: int) -> float:
    """Seconds to take and read that many hints."""
    return uvloop.run(_take_hints(redis_url, count))


async def _take_hints(redis_url: str, count: int) -> float:
    clock = SystemClock()
    demand = {Role.WORKER: Demand(CLAIMED_OF_A_ROLE, {})}
    async with Redis.from_url(redis_url) as redis:
        lists = HintLists(redis)
        await lists.push(hints(new_id(clock) for _ in range(count)))
        started_at = time.perf_counter()
        read = 0
        while read < count:
            taken = await lists.take(demand)
            read += sum(len(read_lines(found.text, found.messages, found.priority) or ()) for found in taken.lines)
        return time.perf_counter() - started_at


def work_tasks(url: str, redis_url: str, count: int) -> float:
    """Seconds from the start of the dispatcher until every row is done."""
    return uvloop.run(_work_tasks(url, redis_url, count))


async def _work_tasks(url: str, redis_url: str, count: int) -> float:
    clock = SystemClock()
    ids = [new_id(clock) for _ in range(count)]
    await asyncio.to_thread(add_noops, url, ids, hinted=True)
    async with Redis.from_url(redis_url) as redis:
        await HintLists(redis).push(hints(ids, Priority.NORMAL))
    async with at_work(url, redis_url, AGENTS) as crew:
        started_at = time.perf_counter()
        await crew.written(count)
        return time.perf_counter() - started_at
