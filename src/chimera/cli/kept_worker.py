"""The `chimera worker` processes that `chimera serve` keeps beside it, so that one command does everything.

Each lives in a session of its own, is started again when it ends, and ends by itself when its keeper is gone: the pipe
to its standard input closes then.
"""

import asyncio
import contextlib
import os
import signal
import sys
import threading
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog

from chimera.core.clock import Clock

STOP_SECONDS_MAX = 12.0
"""A worker drains within ten seconds."""
PAUSE_SECONDS_MIN = 1.0
PAUSE_SECONDS_MAX = 30.0
LIVED_WELL_SECONDS = 60.0
"""One that lived so long before it ended did not fail to start."""
FAILED_STARTS_MAX = 10
COMMAND = (sys.executable, "-c", "from chimera.cli.kept_worker import main; main()")

_log = structlog.get_logger(__name__)


class KeptWorker:
    """One worker, started again after each end; given up after ten ends in a row that came soon."""

    def __init__(
        self, clock: Clock, command: Sequence[str] = COMMAND, pause_seconds: float = PAUSE_SECONDS_MIN
    ) -> None:
        self._clock = clock
        self._command = command
        self._pause_seconds = pause_seconds
        self.process: Process | None = None
        self._told_to_stop = asyncio.Event()
        self.starts = 0

    async def run(self) -> None:
        """Keep it at work until told to stop."""
        failed = 0
        while failed < FAILED_STARTS_MAX and not self._told_to_stop.is_set():
            began_at = self._clock.monotonic()
            code = await self._live()
            if self._told_to_stop.is_set():
                return
            failed = 0 if self._clock.monotonic() - began_at >= LIVED_WELL_SECONDS else failed + 1
            _log.warning("worker_ended", exit_code=code, failed_starts=failed)
            await self._pause(min(self._pause_seconds * 2**failed, PAUSE_SECONDS_MAX))
        _log.error("worker_given_up", failed_starts=failed)

    async def stop(self) -> None:
        """Let the worker drain, end it where it does not, and keep none any more."""
        self._told_to_stop.set()
        if self.process is None or self.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS_MAX):
                await self.process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()

    async def _live(self) -> int:
        self.starts += 1
        self.process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=DEVNULL, start_new_session=True
        )
        if self._told_to_stop.is_set():
            self.process.terminate()
        return await self.process.wait()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._told_to_stop.wait()


@asynccontextmanager
async def kept_workers(count: int, clock: Clock, metrics_port: int | None = None) -> AsyncIterator[None]:
    """So many workers beside the block; they have stopped when it ends. Their metrics are on the ports from
    `metrics_port` on."""
    ports = [() if metrics_port is None else (f"--metrics-port={metrics_port + number}",) for number in range(count)]
    workers = [KeptWorker(clock, (*COMMAND, *port)) for port in ports]
    keeping = [asyncio.create_task(worker.run(), name="a worker beside") for worker in workers]
    try:
        yield
    finally:
        await asyncio.gather(*(worker.stop() for worker in workers))
        await asyncio.gather(*keeping)


def main() -> None:
    """`chimera worker` with all roles, told to stop when standard input closes."""
    from chimera.cli.app import main as run_command

    threading.Thread(target=stop_when_alone, daemon=True).start()
    sys.argv = ["chimera", "worker", *sys.argv[1:]]
    run_command()


def stop_when_alone() -> None:
    """Tell this process to stop once nobody holds the other end of its standard input."""
    while os.read(0, 1):  # not through `sys.stdin`, whose lock a thread must not hold when the interpreter ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)
