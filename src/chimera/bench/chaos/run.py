"""One run of the chaos bench, from its engines to its document."""

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
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
from chimera.bench.chaos.storm import MINUTES_MAX, Storm
from chimera.bench.chaos.strikes import Strikes
from chimera.bootstrap.studio import open_studio
from chimera.config.settings import Settings
from chimera.core.clock import SystemClock
from chimera.core.errors import Conflict
from chimera.core.progress import Progress, ProgressEvent
from chimera.core.secret import Secret
from chimera.storage.engines.postgresql import Postgresql
from chimera.storage.engines.valkey import Valkey
from chimera.storage.piece_watch import Onlooker

WORKER = ("worker", "--agents", "14")
ORPHAN_SECONDS_MAX = 15.0
_ANSWERS_MAX = 100


@dataclass(frozen=True, slots=True)
class ChaosSize:
    """`pieces` are in flight at a time, on so many `hosts`."""

    kills: int
    seed: int
    pieces: int
    hosts: int
    real_voice: bool = False
    minutes_max: float = MINUTES_MAX


@dataclass(frozen=True, slots=True)
class _Ground:
    home: Path
    postgresql: KillableEngine
    valkey: KillableEngine

    @property
    def settings(self) -> Settings:
        """Straight to the engines, past every proxy."""
        return Settings(
            chimera_home=self.home, database_url=Secret(self.postgresql.url), redis_url=Secret(self.valkey.url)
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """A crew at work in a home of its own, with a storm to come over it."""

    size: ChaosSize
    ground: _Ground
    onlooker: Onlooker
    processes: Processes
    storm: Storm
    progress: Progress

    def end(self) -> "Outcome":
        """Wait until everything is at rest, end the crew, and look at what is left."""
        rest_seconds = self.storm.come_to_rest()
        ends = self.processes.end()
        left = self.processes.left_over(ORPHAN_SECONDS_MAX)
        self.progress(ProgressEvent("check", 0.0, "everything is at rest"))
        outcome = asyncio.run(self._look(Ended(tuple(left), tuple(_slow(ends))), ends, rest_seconds))
        self.progress(ProgressEvent("check", 1.0, f"{len(outcome.violations)} violations"))
        return outcome

    async def _look(self, ended: Ended, ends: Sequence[tuple[int, float]], rest_seconds: float) -> "Outcome":
        async with open_studio(self.ground.settings, SystemClock()) as studio:
            over = self.onlooker.ended(list(self.storm.ordered)) or set()
            pieces = await pieces_at_rest(studio, self.storm.ordered, over)
            facts, entries = await studio_at_rest(studio, self.onlooker, self.storm.ordered, ended)
        return Outcome(
            pieces=tuple(pieces),
            violations=violations_of(pieces, facts),
            tasks=facts.tasks,
            ledger_entries=entries,
            rest_seconds=round(rest_seconds, 1),
            end_seconds=tuple(seconds for _, seconds in ends),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a crew came to."""

    pieces: tuple[PieceFacts, ...]
    violations: tuple[Violation, ...]
    tasks: dict[str, int]
    ledger_entries: int
    rest_seconds: float
    end_seconds: tuple[float, ...]


@contextmanager
def open_trial(size: ChaosSize, progress: Progress, *, keep_home: bool = False) -> Iterator[Trial]:
    """A crew on engines of its own, ended and taken away with the block."""
    with _ground(keep_home) as ground:
        progress(ProgressEvent("prepare", 0.0, f"home {ground.home}"))
        trends = asyncio.run(_prepare(ground))
        progress(ProgressEvent("prepare", 1.0, f"{len(trends)} trends to make pieces about"))
        onlooker = Onlooker(ground.postgresql.owner_url)
        processes = Processes(
            ground.home, ground.postgresql, ground.valkey, WORKER, size.hosts, real_voice=size.real_voice
        )
        storm = Storm(
            strikes=Strikes(processes, ground.postgresql, ground.valkey),
            orders=Orders(ground.postgresql, ground.valkey, trends, size.seed),
            onlooker=onlooker,
            work_folder=ground.home / "work",
            in_flight=size.pieces,
            progress=progress,
            answer=lambda: asyncio.run(_answer(ground)),
        )
        try:
            yield Trial(size, ground, onlooker, processes, storm, progress)
        finally:
            processes.close()
            onlooker.close()


def run_chaos(size: ChaosSize, progress: Progress, *, keep_home: bool = False) -> ChaosReport:
    """Kill, stop and cut a crew of its own, wait until it is at rest, and check everything."""
    begun_at, started_at = datetime.now(UTC), time.monotonic()
    with open_trial(size, progress, keep_home=keep_home) as trial:
        trial.storm.gather()
        trial.storm.rage(draw_faults(size.seed, size.kills), size.minutes_max)
        return _report(trial, trial.end(), begun_at, time.monotonic() - started_at)


def _report(trial: Trial, outcome: Outcome, begun_at: datetime, seconds: float) -> ChaosReport:
    size, storm, places = trial.size, trial.storm, trial.processes.places
    exits = [str(code) for place in places for code in place.exits if code != -signal.SIGKILL]
    return ChaosReport(
        begun_at=begun_at,
        seconds=round(seconds, 1),
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
        left_out=storm.left_out,
        starts=sum(place.starts for place in places),
        exits_by_themselves={code: exits.count(code) for code in sorted(set(exits))},
        pieces=tuple(_told(piece) for piece in outcome.pieces),
        ends=_counted([end_of(piece) for piece in outcome.pieces]),
        recoveries=recoveries_of(storm.recoveries.found),
        answered=storm.answered,
        struck_again=storm.recoveries.struck_again,
        rest_seconds=outcome.rest_seconds,
        end_seconds=outcome.end_seconds,
        ledger_entries=outcome.ledger_entries,
        tasks=outcome.tasks,
        violations=outcome.violations,
    )


async def _prepare(ground: _Ground) -> tuple[UUID, ...]:
    async with open_studio(
        Settings(
            chimera_home=ground.home,
            database_url=Secret(ground.postgresql.url),
            database_owner_url=Secret(ground.postgresql.owner_url),
            redis_url=Secret(ground.valkey.url),
        ),
        SystemClock(),
    ) as studio:
        return await find_trends(studio)


async def _answer(ground: _Ground) -> int:
    """Approve what waits for a person: an agent whose jobs fail again and again is asked about. Answers how many."""
    async with open_studio(ground.settings, SystemClock()) as studio:
        waiting = [asked for asked in await studio.treasury.escalations(_ANSWERS_MAX) if asked.state == "waiting"]
        for asked in waiting:
            with suppress(Conflict):  # its time was over meanwhile
                await studio.treasury.answer(
                    asked.tx_id, by="operator", approve=True, reason="a storm went over the crew"
                )
    return len(waiting)


def _told(piece: PieceFacts) -> EndedPiece:
    return EndedPiece(content_id=piece.content_id, end=end_of(piece), reason=piece.error)


def _counted(ends: list[PieceEnd]) -> dict[PieceEnd, int]:
    return {end: ends.count(end) for end in sorted(set(ends))}


def _slow(ends: Sequence[tuple[int, float]]) -> Iterator[str]:
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
