"""The faults themselves: what each does to the crew, and what must be undone later."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import redis

from chimera.bench.chaos.engines import KillableEngine
from chimera.bench.chaos.plan import Fault, FaultKind, Moment
from chimera.bench.chaos.processes import Place, Processes
from chimera.bench.chaos.sight import PieceSeen
from chimera.pipeline.host import LEASE_SECONDS

BEYOND_LEASE_SECONDS = 3.0
_REDIS_SECONDS_MAX = 5.0


@dataclass(frozen=True, slots=True)
class Hit:
    """What a fault struck: the pieces that it disturbed, and the processes that can't go on with theirs."""

    told: str
    pieces: tuple[PieceSeen, ...] = ()
    lost_pids: frozenset[int] = frozenset()


@dataclass
class Strikes:
    """Does faults to the crew's processes and engines."""

    processes: Processes
    postgresql: KillableEngine
    valkey: KillableEngine
    _later: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def undo_due(self, now: float) -> None:
        """Undo what has lasted long enough."""
        due = [undo for at, undo in self._later if at <= now]
        self._later = [(at, undo) for at, undo in self._later if at > now]
        for undo in due:
            undo()

    def undo_all(self) -> None:
        """Undo everything now; the engines are up when it returns."""
        self.undo_due(float("inf"))
        self.postgresql.settle()
        self.valkey.settle()

    def strike(self, fault: Fault, piece: PieceSeen | None, pieces: Sequence[PieceSeen]) -> Hit | None:
        """Do it to the process that works on `piece`, or to one by chance; None if it could hit nothing now."""
        match fault.kind:
            case FaultKind.KILL_POSTGRESQL | FaultKind.KILL_VALKEY | FaultKind.FLUSH_REDIS:
                return self._strike_engine(fault, pieces)
            case FaultKind.KILL_JOB:
                return self._kill_job(fault, pieces)
        place = self._place(fault, piece, pieces)
        if place is None or place.pid is None:
            return None
        mine = tuple(seen for seen in pieces if place.pid in seen.pids)
        return self._strike_place(fault, place, place.pid, mine)

    def _strike_engine(self, fault: Fault, pieces: Sequence[PieceSeen]) -> Hit | None:
        if fault.kind is FaultKind.FLUSH_REDIS:
            return self._flush(pieces)
        engine = self.postgresql if fault.kind is FaultKind.KILL_POSTGRESQL else self.valkey
        pid = engine.kill(fault.seconds / 2)
        return None if pid is None else Hit(f"process {pid}, down {fault.seconds / 2:.1f} s", tuple(pieces))

    def _flush(self, pieces: Sequence[PieceSeen]) -> Hit | None:
        try:
            with redis.Redis.from_url(self.valkey.url, socket_timeout=_REDIS_SECONDS_MAX) as client:
                client.flushall()
        except redis.RedisError:
            return None
        return Hit("every key", tuple(pieces))

    def _kill_job(self, fault: Fault, pieces: Sequence[PieceSeen]) -> Hit | None:
        among = [
            (seen, job.pid)
            for seen in pieces
            for job in seen.jobs
            if job.running and job.pid and fault.moment in {job.tool, Moment.ANYTIME}
        ]
        if not among:
            return None
        seen, pid = fault.choose(among)
        return Hit(f"job {pid}", (seen,)) if self.processes.kill_process(pid) else None

    def _place(self, fault: Fault, piece: PieceSeen | None, pieces: Sequence[PieceSeen]) -> Place | None:
        if fault.moment is Moment.STARTING:
            young = sorted(self.processes.running(), key=lambda place: -place.started_at)
            return young[0] if young else None
        aimed = [place for pid in sorted(piece.pids) if (place := self.processes.of(pid))] if piece else []
        busy = [place for place in self.processes.running() if any(place.pid in seen.pids for seen in pieces)]
        for among in (aimed, busy, self.processes.running()):
            if among:
                return fault.choose(among)
        return None

    def _strike_place(self, fault: Fault, place: Place, pid: int, mine: tuple[PieceSeen, ...]) -> Hit | None:
        told = f"place {place.number}, process {pid}"
        match fault.kind:
            case FaultKind.KILL_HOST:
                self.processes.kill(place)
                return Hit(told, mine, frozenset({pid}))
            case FaultKind.KILL_TOOLS:
                tools = (*self.processes.tools(place), *self.processes.jobs(place))
                ended = sum(self.processes.kill_process(tool.pid) for tool in tools)
                return Hit(f"{told}: {ended} tool processes", mine) if ended else None
            case FaultKind.STOP_HOST:
                self.processes.stop(place)
                seconds = LEASE_SECONDS + BEYOND_LEASE_SECONDS + fault.seconds
                self._after(seconds, lambda: self.processes.go_on(place) if place.pid == pid else None)
                return Hit(f"{told}, for {seconds:.0f} s", mine, frozenset({pid}))
            case FaultKind.CUT_POSTGRESQL:
                place.database.cut(fault.seconds)
            case FaultKind.CUT_REDIS:
                place.redis.cut(fault.seconds)
            case _:
                for proxy in (place.database, place.redis):
                    proxy.silence(fault.seconds)
        return Hit(f"{told}, for {fault.seconds:.1f} s", mine)

    def _after(self, seconds: float, undo: Callable[[], None]) -> None:
        self._later.append((time.monotonic() + seconds, undo))
