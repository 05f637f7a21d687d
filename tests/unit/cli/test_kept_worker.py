"""A worker beside the server: started again when it ends, given up when it can't start, gone when its keeper is."""

import asyncio
import signal
import sys
from collections.abc import Callable

from chimera.cli.kept_worker import FAILED_STARTS_MAX, KeptWorker
from chimera.core.clock import SystemClock

LIVES = (sys.executable, "-c", "import sys; sys.stdin.read()")
_WAIT = """
import signal, threading
from chimera.cli.kept_worker import stop_when_alone
threading.Thread(target=stop_when_alone, daemon=True).start()
signal.pause()
"""
WAITS_FOR_ITS_KEEPER = (sys.executable, "-c", _WAIT)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - another process's doing
            await asyncio.sleep(0.01)


async def test_a_worker_that_ends_is_started_again_and_stopped_in_the_end() -> None:
    worker = KeptWorker(SystemClock(), LIVES, pause_seconds=0.001)
    keeping = asyncio.create_task(worker.run())
    await until(lambda: worker.process is not None)
    first = worker.process
    assert first is not None
    first.kill()
    await until(lambda: worker.process is not first)
    assert worker.starts == 2
    await worker.stop()
    await keeping
    assert worker.process is not None
    assert worker.process.returncode == -signal.SIGTERM


async def test_a_worker_that_never_lives_is_given_up() -> None:
    worker = KeptWorker(SystemClock(), (sys.executable, "-c", ""), pause_seconds=0.0001)
    async with asyncio.timeout(60):
        await worker.run()
    assert worker.starts == FAILED_STARTS_MAX


async def test_a_worker_ends_when_its_keeper_is_gone() -> None:
    worker = KeptWorker(SystemClock(), WAITS_FOR_ITS_KEEPER)
    keeping = asyncio.create_task(worker.run())
    await until(lambda: worker.process is not None)
    process = worker.process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()
    async with asyncio.timeout(60):
        assert await process.wait() == -signal.SIGTERM
    await worker.stop()
    await keeping
