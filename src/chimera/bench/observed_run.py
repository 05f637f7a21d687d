"""Runs `chimera run` as a child in a home of its own, and watches its lines, its files and its memory."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from chimera.core.errors import ToolFailed

RUN_SECONDS_MAX = 600
MEMORY_EVERY_SECONDS = 0.25
_MAIN = "from chimera.cli.app import main; main()"


@dataclass(frozen=True, slots=True)
class ObservedRun:
    """`done_at` is when each step's line said it was done, in seconds since the command was started."""

    done_at: dict[str, float]
    total_seconds: float
    memory_peak_mb: float
    details: dict[str, Any]
    video: Path


def observe_run(home: Path, arguments: Sequence[str], said: int | None) -> ObservedRun:
    """One run from the recorded sample; its lines are passed on to the descriptor `said`.

    Raises:
        ToolFailed: the run failed; the message tells its last line.
    """
    environment = {**os.environ, "CHIMERA_HOME": str(home)}
    started_at = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, "-c", _MAIN, "run", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    watch = _MemoryWatch(child.pid)
    watch.start()
    timer = threading.Timer(RUN_SECONDS_MAX, child.kill)
    timer.start()
    done_at, last = _follow(child, started_at, said)
    total_seconds = time.monotonic() - started_at
    timer.cancel()
    watch.stop()
    if child.returncode != 0:
        raise ToolFailed(f"the run to be timed ended with code {child.returncode}: {last}")
    details = _ask(environment, "content", "show", "newest", "--json")
    video = Path(_ask_text(environment, "content", "open", "newest").strip())
    return ObservedRun(done_at, total_seconds, watch.peak_mb, details, video)


def _follow(child: "subprocess.Popen[str]", started_at: float, said: int | None) -> tuple[dict[str, float], str]:
    done_at: dict[str, float] = {}
    last = ""
    for line in child.stderr or ():
        last = line.strip()
        if said is not None:
            os.write(said, line.encode())
        step, _, rest = line.partition(": ")
        if rest.startswith("done"):
            done_at[step] = time.monotonic() - started_at
    child.wait()
    return done_at, last


def _ask(environment: dict[str, str], *arguments: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_ask_text(environment, *arguments))
    return document


def _ask_text(environment: dict[str, str], *arguments: str) -> str:
    answer = subprocess.run(
        [sys.executable, "-c", _MAIN, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS_MAX,
        check=False,
    )
    if answer.returncode != 0:
        raise ToolFailed(f"chimera {' '.join(arguments)} failed: {answer.stderr.strip()}")
    return answer.stdout


class _MemoryWatch(threading.Thread):
    """The most memory a process and its descendants held together: proportional set size if told, else resident."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._root = psutil.Process(pid)
        self._ended = threading.Event()
        self.peak_mb = 0.0

    def run(self) -> None:
        while not self._ended.wait(MEMORY_EVERY_SECONDS):
            try:
                family = [self._root, *self._root.children(recursive=True)]
            except psutil.Error:
                return
            self.peak_mb = max(self.peak_mb, sum(map(_memory_mb, family)))

    def stop(self) -> None:
        self._ended.set()
        self.join()


def _memory_mb(process: Any) -> float:
    try:
        full = process.memory_full_info()
        held: int = getattr(full, "pss", 0) or full.rss
    except psutil.Error:
        return 0.0
    return held / 2**20
