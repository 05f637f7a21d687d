"""One run of the treasury's benchmark from its engines to its document."""

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from chimera.bench.treasury.ground import LIMIT_USD, Ground, open_ground
from chimera.bench.treasury.loads import Measured, measure_loads
from chimera.bench.treasury.machine import load_average, machine
from chimera.bench.treasury.processor import Processor
from chimera.bench.treasury.report import Cpu, Parameters, Ratios, Round, TreasuryBench, goals
from chimera.bench.treasury.size import Size
from chimera.bench.treasury.throughput import HOLD_SECONDS, Approved, Timed, approvals, bare_copy, prepare_copies
from chimera.bench.treasury.traffic import Traffic
from chimera.bootstrap.money import tune_interpreter
from chimera.core.progress import Progress, ProgressEvent
from chimera.storage.database import connect_writer
from chimera.storage.engines.postgresql import Postgresql
from chimera.storage.engines.server import EmbeddedServer
from chimera.storage.engines.valkey import Valkey
from chimera.treasury.writing.writer import BATCH_JOBS_MAX

SEED = 1


@dataclass(frozen=True, slots=True)
class _Round:
    """The timed pieces of one round, in their order."""

    copy: Timed
    held: Approved
    plain: Approved
    copy_again: Timed

    @property
    def copies_per_second(self) -> float:
        return (self.copy.rows_per_second + self.copy_again.rows_per_second) / 2


def run_bench(database_url: str | None, size: Size, progress: Progress) -> TreasuryBench:
    """Measure on a server of its own, or on scratch databases of the one at `database_url`."""
    tune_interpreter()
    begun_at, started_at, load_before = datetime.now(UTC), time.monotonic(), load_average()
    traffic = Traffic(SEED)
    with _engines(database_url) as (server_url, redis_url), open_ground(server_url, traffic) as ground:
        asks = traffic.asks(size.batches * BATCH_JOBS_MAX)
        progress(ProgressEvent("prepare", 0.0, f"{len(asks):,} rows for the bare COPY"))
        copies = prepare_copies(ground, asks)
        progress(ProgressEvent("prepare", 1.0, f"{len(asks):,} rows"))
        with connect_writer(server_url) as connection:
            processor = Processor(connection.info.backend_pid)
        rounds = []
        for number in range(size.rounds):
            progress(ProgressEvent("ratio", number / size.rounds, f"round {number + 1} of {size.rounds}"))
            rounds.append(
                _Round(
                    bare_copy(ground, copies, processor),
                    approvals(ground, asks, HOLD_SECONDS, processor),
                    approvals(ground, asks, None, processor),
                    bare_copy(ground, copies, processor),
                )
            )
        ratio = _ratios(rounds)
        progress(ProgressEvent("ratio", 1.0, f"R {ratio.ratio_best:.2f} at best, {ratio.ratio_median:.2f} median"))
        measured = _measured(ground, redis_url, size, progress)
        return TreasuryBench(
            begun_at=begun_at,
            seconds=round(time.monotonic() - started_at, 1),
            machine=machine(server_url, load_before),
            parameters=_parameters(size, copies, traffic),
            ratio=ratio,
            loads=measured.loads,
            soundness=measured.soundness,
            verification=measured.verification,
            goals=goals(ratio, measured.loads, measured.soundness, measured.verification),
        )


@contextmanager
def _engines(database_url: str | None) -> Iterator[tuple[str, str]]:
    """Urls of PostgreSQL and Redis; whatever is started lives in a temporary home, and so does the Redis always."""
    home = Path(tempfile.mkdtemp(prefix="chimera-bench-"))
    servers = [EmbeddedServer(Valkey(), home)]
    if database_url is None:
        servers.append(EmbeddedServer(Postgresql(), home))
    try:
        leases = [(server, server.join()) for server in servers]
        try:
            yield database_url or leases[-1][1].owner_url, leases[0][1].url
        finally:
            for server, lease in leases:
                server.leave(lease)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _measured(ground: Ground, redis_url: str, size: Size, progress: Progress) -> Measured:
    with ground.database() as url, ground.database() as tight_url:
        return asyncio.run(measure_loads(ground, (url, tight_url), redis_url, size, progress))


def _parameters(size: Size, copies: Sequence[bytes], traffic: Traffic) -> Parameters:
    rows = size.batches * BATCH_JOBS_MAX
    return Parameters(
        rounds=size.rounds,
        rows_per_transaction=BATCH_JOBS_MAX,
        rows_per_round=rows,
        agents=len(traffic.agents),
        row_bytes_mean=round(sum(map(len, copies)) / rows, 1),
        limit_usd=LIMIT_USD,
        hold_seconds=HOLD_SECONDS,
        seed=SEED,
    )


def _ratios(rounds: Sequence[_Round]) -> Ratios:
    told = tuple(_told(one) for one in rounds)
    batches = sum(one.held.batches + one.plain.batches for one in rounds)
    rows = sum(one.held.timed.rows + one.plain.timed.rows for one in rounds)
    held = [one.ratio for one in told]
    plain = [one.ratio_without_holds for one in told]
    fastest = max(one.approvals_per_second for one in told)
    fastest_copy = max(max(one.bare_copy_rows_per_second, one.bare_copy_again_rows_per_second) for one in told)
    return Ratios(
        rounds=told,
        ratio_of_bests=round(fastest / fastest_copy, 3),
        ratio_best=max(held),
        ratio_median=round(statistics.median(held), 3),
        ratio_without_holds_best=max(plain),
        ratio_without_holds_median=round(statistics.median(plain), 3),
        approvals_per_second_best=fastest,
        bare_copy_rows_per_second_best=fastest_copy,
        batch_rows_mean=round(rows / max(1, batches), 1),
        bare_copy_cpu=_cpu([piece for one in rounds for piece in (one.copy, one.copy_again)]),
        approval_cpu=_cpu([one.held.timed for one in rounds]),
        approval_without_hold_cpu=_cpu([one.plain.timed for one in rounds]),
    )


def _told(one: _Round) -> Round:
    return Round(
        bare_copy_rows_per_second=round(one.copy.rows_per_second),
        bare_copy_again_rows_per_second=round(one.copy_again.rows_per_second),
        approvals_per_second=round(one.held.timed.rows_per_second),
        approvals_without_holds_per_second=round(one.plain.timed.rows_per_second),
        ratio=round(one.held.timed.rows_per_second / one.copies_per_second, 3),
        ratio_without_holds=round(one.plain.timed.rows_per_second / one.copies_per_second, 3),
    )


def _cpu(pieces: Sequence[Timed]) -> Cpu:
    servers = [piece.used.server / piece.rows for piece in pieces if piece.used.server is not None]
    return Cpu(
        client_us=round(statistics.median(piece.used.client / piece.rows for piece in pieces) * 1e6, 1),
        server_us=round(statistics.median(servers) * 1e6, 1) if servers else None,
    )
