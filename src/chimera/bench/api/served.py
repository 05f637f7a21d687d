"""A home with engines of its own, tokens of its agents and people, and `chimera serve` on it as a process by itself."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import psutil  # type: ignore[import-untyped]

from chimera.bootstrap.studio import open_studio
from chimera.config.settings import Settings
from chimera.config.variables import LIMIT_VARIABLES, ChimeraVariables, StoreVariables, variable_names
from chimera.core.clock import SystemClock
from chimera.core.errors import ToolFailed
from chimera.core.vocabulary import PersonRole
from chimera.storage.engines.postgresql import Postgresql
from chimera.storage.engines.server import EmbeddedServer
from chimera.storage.engines.valkey import Valkey

READY_SECONDS_MAX = 120.0
END_SECONDS_MAX = 20.0
_MAIN = "from chimera.cli.app import main; main()"
_LIMIT = "1000"
_PERIOD_LIMITS = ("DAILY_BUDGET_LIMIT", "WEEKLY_BUDGET_LIMIT", "MONTHLY_BUDGET_LIMIT")


@dataclass(frozen=True, slots=True)
class Home:
    """Engines that stay while the block runs, and the environment of commands here, with high limits."""

    folder: Path
    owner_url: str
    environment: dict[str, str]

    def tokens(self, agents: Sequence[UUID]) -> dict[UUID, str]:
        """An access token of each agent."""
        return asyncio.run(self._tokens(agents))

    def people_tokens(self, role: PersonRole, count: int) -> list[str]:
        """Access tokens of so many new people."""
        return asyncio.run(self._people_tokens(role, count))

    def ask(self, *arguments: str, seconds: float = READY_SECONDS_MAX) -> str:
        """What a `chimera` command prints here.

        Raises:
            ToolFailed: it failed.
        """
        done = subprocess.run(
            [sys.executable, "-c", _MAIN, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode != 0:
            raise ToolFailed(f"chimera {' '.join(arguments)} ended with code {done.returncode}: {done.stderr[-500:]}")
        return done.stdout

    async def _tokens(self, agents: Sequence[UUID]) -> dict[UUID, str]:
        async with open_studio(Settings.from_environment(self.environment), SystemClock()) as studio:
            return {agent: await studio.identity.tokens.access_token(agent) for agent in agents}

    async def _people_tokens(self, role: PersonRole, count: int) -> list[str]:
        async with open_studio(Settings.from_environment(self.environment), SystemClock()) as studio:
            added = [await studio.identity.people.add(f"{role.value} {n}", role, None) for n in range(1, count + 1)]
            return [await studio.identity.tokens.access_token(one.id) for one in added]


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers."""

    port: int
    process: "psutil.Process"
    ready_seconds: float

    def cpu_seconds(self) -> float:
        """Of its own process, so far."""
        used = self.process.cpu_times()
        return float(used.user + used.system)


@contextmanager
def new_home() -> Iterator[Home]:
    """A home that is gone when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="chimera-bench-"))
    servers = (EmbeddedServer(Postgresql(), folder), EmbeddedServer(Valkey(), folder))
    try:
        leases = [(server, server.join()) for server in servers]
        try:
            yield Home(folder, leases[0][1].owner_url, _environment(folder))
        finally:
            for server, lease in leases:
                server.leave(lease)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def serving(home: Home, *arguments: str) -> Iterator[Served]:
    """`chimera serve` on a free port, without workers beside it.

    Raises:
        ToolFailed: it did not begin, or did not end, as it should.
    """
    command = (sys.executable, "-c", _MAIN, "serve", "--port", "0", "--workers", "0", *arguments)
    with running(command, home.environment) as served:
        yield served


@contextmanager
def running(command: Sequence[str], environment: dict[str, str]) -> Iterator[Served]:
    """A server process that tells its address on stderr; ended when the block ends."""
    started_at = time.perf_counter()
    child = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    timer = threading.Timer(READY_SECONDS_MAX, child.kill)
    timer.start()
    said: list[str] = []
    try:
        port = _port(child, said)
        timer.cancel()
        draining = threading.Thread(target=_drain, args=(child,), daemon=True)
        draining.start()
        yield Served(port, psutil.Process(child.pid), time.perf_counter() - started_at)
    finally:
        timer.cancel()
        child.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            child.wait(END_SECONDS_MAX)
        child.kill()
        child.wait()


def _port(child: "subprocess.Popen[str]", said: list[str]) -> int:
    for line in child.stderr or ():
        said.append(line.strip())
        if line.startswith("http://"):
            return urlsplit(line.split(" ")[0]).port or 0
    raise ToolFailed(f"the server did not begin: {' '.join(said[-3:])[-500:]}")


def _drain(child: "subprocess.Popen[str]") -> None:
    for _line in child.stderr or ():
        pass


def _environment(folder: Path) -> dict[str, str]:
    """This process's, without any setting of ours but a home and high limits."""
    ours = set(variable_names((ChimeraVariables, StoreVariables)))
    kept = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in ours}
    limits = dict.fromkeys((*_PERIOD_LIMITS, *LIMIT_VARIABLES), _LIMIT)
    return {**kept, **limits, "CHIMERA_HOME": str(folder)}
