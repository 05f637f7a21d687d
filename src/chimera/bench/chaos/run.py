"""One run of the chaos bench, from its engines to its document."""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from chimera.bench.chaos.at_rest import Ended, pieces_at_rest, studio_at_rest
from chimera.bench.chaos.engines import KillableEngine
from chimera.bench.chaos.findings import PieceFacts, end_of, violations_of
from chimera.bench.chaos.ordering import Orders, find_trends
from chimera.bench.chaos.plan import draw_faults
from chimera.bench.chaos.processes import END_SECONDS_MAX, Processes
from chimera.bench.chaos.report import (
    ChaosReport,
    EndedPiece,
    PieceEnd,
    Violation,
    counts_of,
    recoveries_of,
)
from chimera.bench.chaos.storm import Storm
from chimera.bench.chaos.strikes import Strikes
from chimera.bootstrap.studio import open_studio
from chimera.config.settings import Settings
from chimera.core.clock import SystemClock
from chimera.core.progress import Progress, ProgressEvent
from chimera.storage.engines.postgresql import Postgresql
from chimera.storage.engines.valkey import Valkey
from chimera.storage.piece_watch import Onlooker

WORKER = ("worker", "--agents", "14")
ORPHAN_SECONDS_MAX = 15.0


@dataclass(frozen=True, slots=True)
class ChaosSize:
    """`pieces` are in flight at a time, on so many `hosts`."""

    kills: int
    seed: int
    pieces: int
    hosts: int
    real_voice: bool = False


@dataclass(frozen=True, slots=True)
class _Ground:
    home: Path
    postgresql: KillableEngine
    valkey: KillableEngine

    @property
    def settings(self) -> Settings:
        """Straight to the engines, past every proxy."""
        return Settings(chimera_home=self.home, database_url=self.postgresql.url, redis_url=self.valkey.url)

    @property
    def environment(self) -> dict[str, str]:
        given = {
            "CHIMERA_HOME": str(self.home),
            "DATABASE_URL": self.postgresql.url,
            "REDIS_URL": self.valkey.url,
        }
        return {**os.environ, **given}


def run_chaos(size: ChaosSize, progress: Progress, *, keep_home: bool = False) -> ChaosReport:
    """Kill, stop and cut a crew of its own, wait until it is at rest, and check everything."""
    begun_at, started_at = datetime.now(UTC), time.monotonic()
    with _ground(keep_home) as ground:
        progress(ProgressEvent("prepare", 0.0, f"home {ground.home}"))
        trends = asyncio.run(_prepare(ground))
        progress(ProgressEvent("prepare", 1.0, f"{len(trends)} trends to make pieces about"))
        onlooker = Onlooker(ground.postgresql.owner_url)
        processes = Processes(
            ground.home, ground.postgresql, ground.valkey, WORKER, size.hosts, real_voice=size.real_voice
        )
        try:
            storm = Storm(
                strikes=Strikes(processes, ground.postgresql, ground.valkey),
                orders=Orders(ground.environment, trends, size.seed),
                onlooker=onlooker,
                work_folder=ground.home / "work",
                in_flight=size.pieces,
                progress=progress,
            )
            storm.rage(draw_faults(size.seed, size.kills))
            rest_seconds = storm.come_to_rest()
            ends = processes.end()
            left = processes.left_over(ORPHAN_SECONDS_MAX)
            progress(ProgressEvent("check", 0.0, "everything at rest"))
            ended = Ended(tuple(left), tuple(_slow(ends)))
            found, violations, entries = asyncio.run(_look(ground, onlooker, storm, ended))
            tasks = onlooker.tasks()
            progress(ProgressEvent("check", 1.0, f"{len(violations)} violations"))
        finally:
            processes.close()
            onlooker.close()
        exits = [str(code) for place in processes.places for code in place.exits if code != -9]
        return ChaosReport(
            begun_at=begun_at,
            seconds=round(time.monotonic() - started_at, 1),
            cores=os.cpu_count() or 1,
            load_average_1m=round(os.getloadavg()[0], 2),
            seed=size.seed,
            kills=sum(fault.kind.kills for fault in storm.done),
            hosts=size.hosts,
            pieces_in_flight=size.pieces,
            real_voice=size.real_voice,
            faults=tuple(storm.done),
            counts=counts_of(storm.done),
            passed_over=storm.passed_over,
            starts=sum(place.starts for place in processes.places),
            exits_by_themselves={code: exits.count(code) for code in sorted(set(exits))},
            pieces=tuple(_told(piece) for piece in found),
            ends=_counted([end_of(piece) for piece in found]),
            recoveries=recoveries_of(storm.recoveries.found),
            struck_again=storm.recoveries.struck_again,
            rest_seconds=round(rest_seconds, 1),
            end_seconds=tuple(seconds for _, seconds in ends),
            ledger_entries=entries,
            tasks=tasks,
            violations=violations,
        )


async def _prepare(ground: _Ground) -> tuple[UUID, ...]:
    async with open_studio(
        Settings(
            chimera_home=ground.home,
            database_url=ground.postgresql.url,
            database_owner_url=ground.postgresql.owner_url,
            redis_url=ground.valkey.url,
        ),
        SystemClock(),
    ) as studio:
        return await find_trends(studio)


async def _look(
    ground: _Ground, onlooker: Onlooker, storm: Storm, ended: Ended
) -> tuple[list[PieceFacts], tuple[Violation, ...], int]:
    async with open_studio(ground.settings, SystemClock()) as studio:
        over = onlooker.ended(list(storm.ordered)) or set()
        pieces = await pieces_at_rest(studio, storm.ordered, over)
        facts, entries = await studio_at_rest(studio, onlooker, storm.ordered, ended)
    return pieces, violations_of(pieces, facts), entries


def _told(piece: PieceFacts) -> EndedPiece:
    return EndedPiece(content_id=piece.content_id, end=end_of(piece), reason=piece.error)


def _counted(ends: list[PieceEnd]) -> dict[PieceEnd, int]:
    return {end: ends.count(end) for end in sorted(set(ends))}


def _slow(ends: list[tuple[int, float]]) -> Iterator[str]:
    for code, seconds in ends:
        if code != 0 or seconds > END_SECONDS_MAX:
            yield f"asked to end, a process ended with code {code} after {seconds} s"


@contextmanager
def _ground(keep_home: bool) -> Iterator[_Ground]:
    home = Path(tempfile.mkdtemp(prefix="chimera-chaos-"))
    engines: list[KillableEngine] = []
    try:
        engines.append(postgresql := KillableEngine(Postgresql(), home))
        engines.append(valkey := KillableEngine(Valkey(), home))
        yield _Ground(home, postgresql, valkey)
    finally:
        for engine in engines:
            engine.close()
        if not keep_home:
            shutil.rmtree(home, ignore_errors=True)
