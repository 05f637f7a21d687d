"""Durable workflows of three steps that do nothing: what the durable engine costs. In a process of its own."""

import asyncio
import time

from chimera.bench.crew.found import Found, Line
from chimera.bench.crew.fresh import in_fresh_process
from chimera.bench.crew.ground import Ground
from chimera.core.clock import SystemClock
from chimera.core.identity import new_id
from chimera.pipeline.durable import Document, open_durable, step
from chimera.storage.database import open_database

_STEPS = 3
_HOW = f"{_STEPS} kept steps a workflow, under the piece's fence, all begun at once, one process of the durable module"


def workflows(ground: Ground, count: int) -> list[Line]:
    """How many three-step workflows a second one process takes from their start to their last step."""
    with ground.database() as url:
        seconds = in_fresh_process(run_workflows, url, count)
    return [Found("workflows_per_second", "1/s", count / seconds, _HOW)]


def run_workflows(url: str, count: int) -> float:
    """Seconds from the first start until the last has done its steps; each one's result is looked at after that."""
    return asyncio.run(_run(url, count))


async def _run(url: str, count: int) -> float:
    ended = asyncio.Event()
    left = count

    async def three_steps(order: Document) -> Document:
        nonlocal left
        for number in range(_STEPS):
            await step(f"step-{number}", _nothing)
        left -= 1
        if left == 0:
            ended.set()
        return order

    clock = SystemClock()
    async with open_database(url) as database, open_durable(database, three_steps) as durable:
        ids = [new_id(clock) for _ in range(count)]
        started_at = time.perf_counter()
        for content_id in ids:
            await durable.start(content_id, {})
        await ended.wait()
        seconds = time.perf_counter() - started_at
        for content_id in ids:
            await durable.result(content_id)
    return seconds


async def _nothing() -> Document | None:
    return None
