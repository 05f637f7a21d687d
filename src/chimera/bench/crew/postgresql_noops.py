"""No-ops through PostgreSQL by others: a bare SKIP LOCKED batch claim, and pgqueuer. Each in a process of its own."""

import asyncio
import time

from chimera.bench.crew.found import Found, Line, missing
from chimera.bench.crew.fresh import in_fresh_process
from chimera.bench.crew.ground import Ground
from chimera.core.clock import SystemClock
from chimera.core.identity import new_id
from chimera.storage.scratch_tasks import add_noops, claim_and_finish

BARE_BATCH = 1_000
_TUNED = (1, 100)
_SHIPPED = (5, 10)
_BARE_HOW = (
    f"the same task table with its indexes, one connection, {BARE_BATCH:,} rows a claim (UPDATE of a SKIP LOCKED "
    "select) and one UPDATE that ends them; no order, lease check, hint or agent"
)
_PGQUEUER_HOW = "pgqueuer with asyncpg and uvloop, durable tables, draining: {} queue manager(s), batch size {}"


def beside_rows(ground: Ground, tasks: int) -> list[Line]:
    """What a bare claim and pgqueuer do with no-ops on the same PostgreSQL, one after the other."""
    with ground.database() as url:
        clock = SystemClock()
        add_noops(url, [new_id(clock) for _ in range(tasks)])
        lines: list[Line] = [
            Found("bare_claim_per_second", "1/s", tasks / in_fresh_process(bare_claim, url, BARE_BATCH), _BARE_HOW)
        ]
    if skipped := missing("pgqueuer_per_second", "pgqueuer", "asyncpg", "uvloop"):
        return [*lines, skipped]
    for name, (managers, batch) in (("pgqueuer_per_second", _TUNED), ("pgqueuer_default_per_second", _SHIPPED)):
        with ground.empty_database() as url:
            seconds = in_fresh_process(pgqueuer_noops, url, tasks, managers, batch)
            lines.append(Found(name, "1/s", tasks / seconds, _PGQUEUER_HOW.format(managers, batch)))
    return lines


def bare_claim(url: str, batch: int) -> float:
    """Seconds until every queued task is done."""
    started_at = time.perf_counter()
    claim_and_finish(url, batch)
    return time.perf_counter() - started_at


def pgqueuer_noops(url: str, jobs: int, managers: int, batch: int) -> float:
    """Seconds from the start of the queue managers until the last job's outcome is written."""
    import uvloop

    return uvloop.run(_drained(url, jobs, managers, batch))


async def _drained(url: str, jobs: int, managers: int, batch: int) -> float:
    import asyncpg  # type: ignore[import-untyped]
    from pgqueuer import PgQueuer
    from pgqueuer.db import AsyncpgDriver
    from pgqueuer.models import Job
    from pgqueuer.queries import Queries
    from pgqueuer.types import QueueExecutionMode

    connections = [await asyncpg.connect(url) for _ in range(managers)]
    queries = Queries(AsyncpgDriver(connections[0]))
    await queries.install()
    await queries.enqueue(["noop"] * jobs, [None] * jobs, [0] * jobs)
    queuers = [PgQueuer(AsyncpgDriver(connection)) for connection in connections]

    async def noop(_job: Job) -> None:
        return None

    for queuer in queuers:
        queuer.entrypoint("noop")(noop)
    started_at = time.perf_counter()
    await asyncio.gather(*(one.qm.run(batch_size=batch, mode=QueueExecutionMode.drain) for one in queuers))
    seconds = time.perf_counter() - started_at
    for connection in connections:
        await connection.close()
    return seconds
