"""The crew's processes: started, watched and replaced as a service manager would; their tools and jobs found."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from chimera.bench.chaos.engines import KillableEngine, through
from chimera.bench.chaos.proxy import Proxy

_MAIN = "from chimera.cli.app import main; main()"
_QUICK = "from chimera.bench.chaos.quick_voice import install; install()"
_SERVER, _JOB = "chimera.tools.local.server", "chimera.tools.local.job_process"
_NOT_PASSED_ON = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CHIMERA_HOME", "CFO_PRIVATE_KEY", "CFO_URL")
END_SECONDS_MAX = 10.0
"""How long a process that was asked to end may take."""
_RESTART_SECONDS_MIN = 1.0
"""A process that ends by itself is replaced at this pace at most."""


@dataclass
class Place:
    """Where one process of the crew stands, with its ways to the engines; the process is replaced when it ends."""

    number: int
    database: Proxy
    redis: Proxy
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    stopped: bool = False
    starts: int = 0
    exits: list[int] = field(default_factory=list)

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process is not None and self.alive else None


class Processes:
    """The crew on one home: `places` processes of the command `arguments`."""

    def __init__(
        self,
        home: Path,
        postgresql: KillableEngine,
        valkey: KillableEngine,
        arguments: Sequence[str],
        places: int,
        *,
        real_voice: bool,
    ) -> None:
        self._home = home
        self._postgresql, self._valkey = postgresql, valkey
        self._command = (sys.executable, "-c", _MAIN if real_voice else f"{_QUICK}; {_MAIN}", *arguments)
        self.places = [Place(number, Proxy(postgresql.port), Proxy(valkey.port)) for number in range(places)]
        self.strange_exits: list[str] = []

    def keep(self) -> None:
        """Start whatever does not run, at once where it was killed."""
        for place in self.places:
            place.database.target_port, place.redis.target_port = self._postgresql.port, self._valkey.port
            if place.alive:
                continue
            if place.process is not None:
                code = place.process.wait()
                place.exits.append(code)
                place.process = None
            by_itself = bool(place.exits) and place.exits[-1] != -signal.SIGKILL
            if not by_itself or time.monotonic() - place.started_at > _RESTART_SECONDS_MIN:
                self._start(place)

    def of(self, pid: int | None) -> Place | None:
        """The place whose process has this number."""
        return next((place for place in self.places if pid is not None and place.pid == pid), None)

    def running(self) -> list[Place]:
        """Places whose process runs and is not stopped."""
        return [place for place in self.places if place.alive and not place.stopped]

    def kill(self, place: Place) -> None:
        """Kill -9 the process alone; what it started finds that out by itself."""
        if place.process is not None:
            place.process.kill()
            place.process.wait()
            place.stopped = False

    def kill_process(self, pid: int | None) -> bool:
        """Kill -9 any process by its number; answers whether it was there."""
        with suppress(ProcessLookupError):
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
                return True
        return False

    def stop(self, place: Place) -> None:
        if place.process is not None and place.alive:
            place.process.send_signal(signal.SIGSTOP)
            place.stopped = True

    def go_on(self, place: Place) -> None:
        if place.process is not None and place.stopped:
            with suppress(ProcessLookupError):
                place.process.send_signal(signal.SIGCONT)
        place.stopped = False

    def tools(self, place: Place) -> list[psutil.Process]:
        """The tool servers that the process started."""
        return [child for child in _family(place.pid) if _runs(child, _SERVER)]

    def jobs(self, place: Place) -> list[psutil.Process]:
        """The jobs its tool servers run."""
        return [child for child in _family(place.pid) if _runs(child, _JOB)]

    def end(self) -> list[tuple[int, float]]:
        """Ask every process to end; answers each one's exit code and how long it took. Late ones are killed."""
        began_at = time.monotonic()
        asked = [place.process for place in self.places if place.process is not None and place.alive]
        for place in self.places:
            self.go_on(place)
        for process in asked:
            process.terminate()
        ended: list[tuple[int, float]] = []
        for process in asked:
            left = 3 * END_SECONDS_MAX - (time.monotonic() - began_at)
            try:
                code = process.wait(max(0.1, left))
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
            ended.append((code, round(time.monotonic() - began_at, 2)))
        return ended

    def close(self) -> None:
        """Kill what still runs and take the proxies away."""
        for place in self.places:
            self.kill(place)
            place.database.close()
            place.redis.close()

    def left_over(self, seconds_max: float) -> list[str]:
        """Processes that work on this home, once they had `seconds_max` to end; engines aside."""
        deadline = time.monotonic() + seconds_max
        while True:
            left = [process for process in psutil.process_iter() if self._ours(process)]
            if not left or time.monotonic() > deadline:
                return [f"{process.pid}: {' '.join(_command(process))[:200]}" for process in left]
            time.sleep(0.2)

    def _ours(self, process: psutil.Process) -> bool:
        home = str(self._home)
        return process.pid != os.getpid() and any(
            home in argument and "engines" not in argument for argument in _command(process)
        )

    def _start(self, place: Place) -> None:
        settings = {
            "CHIMERA_HOME": str(self._home),
            "DATABASE_URL": through(self._postgresql.url, place.database.port),
            "REDIS_URL": through(self._valkey.url, place.redis.port),
        }
        environment = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON} | settings
        place.starts += 1
        place.started_at = time.monotonic()
        place.stopped = False
        log = self._home / "logs" / f"place-{place.number}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as told:
            told.write(f"--- start {place.starts} at {time.time():.3f}\n".encode())
            told.flush()
            place.process = subprocess.Popen(
                self._command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=told,
                start_new_session=True,
            )


def _family(pid: int | None) -> list[psutil.Process]:
    if pid is None:
        return []
    try:
        found: list[psutil.Process] = psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []
    return found


def _command(process: psutil.Process) -> list[str]:
    try:
        command: list[str] = process.cmdline()
    except psutil.Error:
        return []
    return command


def _runs(process: psutil.Process, module: str) -> bool:
    return any(module in argument for argument in _command(process))
