"""No-ops through Redis by others: a bare pipelined BLMOVE loop, and dramatiq. Each runs in a process of its own."""

import time
from typing import Any

import redis

from chimera.bench.crew.found import Found, Line, missing
from chimera.bench.crew.fresh import in_fresh_process
from chimera.bench.crew.ground import Ground

HINT = b'{"task_id":"0190b1f2-0000-7000-8000-000000000000","agent_role":"worker"}'
_BATCH = 1_000
_THREADS = 2
_PREFETCH = 1_000
_BLMOVE_HOW = (
    f"one connection, pipelines of {_BATCH:,} BLMOVE into a list of what is being worked on, "
    "each removed again by LREM in the next pipeline; no client work"
)
_DRAMATIQ_HOW = (
    f"dramatiq, its Redis broker, {_THREADS} worker threads and dramatiq_queue_prefetch={_PREFETCH:,} "
    "(the fastest of 1 to 8 threads here), default middleware, each message acknowledged"
)
_DRAMATIQ_DEFAULT_HOW = "dramatiq as shipped: 8 worker threads, prefetch of two messages a thread"


def beside_hints(ground: Ground, hints: int, messages: int) -> list[Line]:
    """What a bare loop and dramatiq do with no-ops on the same Redis, one after the other."""
    bare = in_fresh_process(bare_blmove, ground.empty_redis(), hints)
    lines: list[Line] = [Found("bare_blmove_per_second", "1/s", hints / bare, _BLMOVE_HOW)]
    if skipped := missing("dramatiq_per_second", "dramatiq"):
        return [*lines, skipped]
    tuned = in_fresh_process(dramatiq_noops, ground.empty_redis(), messages, _THREADS, _PREFETCH)
    default = in_fresh_process(dramatiq_noops, ground.empty_redis(), messages, 8, 0)
    return [
        *lines,
        Found("dramatiq_per_second", "1/s", messages / tuned, _DRAMATIQ_HOW),
        Found("dramatiq_default_per_second", "1/s", messages / default, _DRAMATIQ_DEFAULT_HOW),
    ]


def bare_blmove(url: str, hints: int) -> float:
    """Seconds to move and remove that many messages."""
    with redis.Redis.from_url(url) as client:
        for start in range(0, hints, _BATCH):
            client.lpush("waiting", *[HINT] * min(_BATCH, hints - start))
        started_at = time.perf_counter()
        moved: list[bytes] = []
        done = 0
        while done < hints or moved:
            moved = _next_batch(client, moved, min(_BATCH, hints - done))
            done += len(moved)
        return time.perf_counter() - started_at


def _next_batch(client: "redis.Redis", finished: list[bytes], count: int) -> list[bytes]:
    """Removes the finished ones from the other end, where they are oldest, and takes `count` new ones."""
    pipeline = client.pipeline(transaction=False)
    for message in finished:
        pipeline.lrem("working", -1, message)  # type: ignore[arg-type]
    for _ in range(count):
        pipeline.blmove("waiting", "working", 1, "RIGHT", "LEFT")
    answers: list[Any] = pipeline.execute()
    return answers[len(finished) :]


def dramatiq_noops(url: str, messages: int, threads: int, prefetch: int) -> float:
    """Seconds from the start of a worker until the last message is acknowledged; `prefetch` 0 is dramatiq's own."""
    import dramatiq
    import dramatiq.worker
    from dramatiq.brokers.redis import RedisBroker

    dramatiq.worker.QUEUE_PREFETCH = prefetch
    broker = RedisBroker(url=url)  # type: ignore[no-untyped-call]

    @dramatiq.actor(broker=broker)
    def noop() -> None:
        return None

    for _ in range(messages):
        noop.send()
    worker = dramatiq.Worker(broker, worker_threads=threads)
    started_at = time.perf_counter()
    worker.start()
    broker.join(noop.queue_name, interval=10)
    seconds = time.perf_counter() - started_at
    worker.stop()
    broker.close()
    return seconds
