"""Real pieces, one after the other, in a home of its own: how many an hour this machine sustains."""

import shutil
import tempfile
import time
from pathlib import Path

from chimera.bench.crew.found import Found, Line
from chimera.bench.observed_run import observe_run

_HOW = "`chimera run` again and again on one home: recorded sample to published video, standard quality, 9:16"


def pieces(count: int) -> list[Line]:
    """Make that many, and tell the rate from the first typed command to the last published piece."""
    home = Path(tempfile.mkdtemp(prefix="chimera-bench-"))
    try:
        started_at = time.perf_counter()
        runs = [observe_run(home, (), None) for _ in range(count)]
        seconds = time.perf_counter() - started_at
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return [
        Found("pieces_per_hour", "1/h", count * 3600 / seconds, _HOW),
        Found("piece_seconds", "s", seconds / count, "from one published piece to the next, on average"),
        Found("piece_memory_mb", "MB", max(run.memory_peak_mb for run in runs), "most of a run with its engines"),
    ]
