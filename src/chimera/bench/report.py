"""What a timed run came to (pure): phases, tools, ratios, and the goals they are held against."""

import os

from chimera.bench.observed_run import ObservedRun
from chimera.contracts.contract import Contract

GOALS_SECONDS = {"engines": 5.0, "brief": 1.0, "produce": 45.0, "total": 60.0}
"""Two cores, installed, a script of 110 to 140 words."""


class RunBench(Contract):
    """`phases_seconds` are wall seconds of each step as its line said, `total` from the typed command to its end."""

    cores: int
    phases_seconds: dict[str, float]
    goals_seconds: dict[str, float]
    tools_cpu_seconds: dict[str, float]
    bare_encode_cpu_seconds: float
    video_over_bare_encode: float
    video_seconds: int
    script_words: int
    memory_peak_mb: float


def bench_of(run: ObservedRun, bare_encode_cpu_seconds: float) -> RunBench:
    """The report of one observed run."""
    tools: dict[str, float] = {}
    for use in run.details["metadata"]["tools"]:
        name = str(use["tool"]).rpartition("/")[2]
        tools[name] = tools.get(name, 0.0) + float(use["cpu_seconds"])
    return RunBench(
        cores=os.cpu_count() or 1,
        phases_seconds=phases(run.done_at, run.total_seconds),
        goals_seconds=GOALS_SECONDS,
        tools_cpu_seconds={name: round(seconds, 2) for name, seconds in tools.items()},
        bare_encode_cpu_seconds=round(bare_encode_cpu_seconds, 2),
        video_over_bare_encode=round(tools["video"] / max(bare_encode_cpu_seconds, 1e-9), 2),
        video_seconds=int(run.details["duration_seconds"]),
        script_words=len(str(run.details["script"]).split()),
        memory_peak_mb=round(run.memory_peak_mb, 1),
    )


def phases(done_at: dict[str, float], total_seconds: float) -> dict[str, float]:
    """How long each step took: from the line before it to its own; `engines` counts from the typed command."""
    taken: dict[str, float] = {}
    before = 0.0
    for step, at in done_at.items():
        taken[step] = round(at - before, 2)
        before = at
    return {**taken, "total": round(total_seconds, 2)}
