"""One run of the front door's benchmark from its engines to its document."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from chimera.bench.api.report import GOALS, ApiBench, Parameters
from chimera.bench.api.sections import ONCE, SECTIONS
from chimera.bench.api.served import new_home
from chimera.bench.api.size import Size
from chimera.bench.crew.found import Found, Line, Skipped
from chimera.bench.crew.report import goals, measures, not_measured
from chimera.bench.treasury.machine import load_average, machine
from chimera.core.errors import ToolFailed
from chimera.core.progress import Progress, ProgressEvent


def run_bench(size: Size, sections: Sequence[str], progress: Progress) -> ApiBench:
    """Measure the named sections, each in homes and on engines of its own."""
    begun_at, started_at, load_before = datetime.now(UTC), time.monotonic(), load_average()
    loads: dict[str, float] = {}
    lines: list[Line] = []
    for name in sections:
        loads[name] = load_average()
        lines += _rounds(name, size, progress)
    seconds = round(time.monotonic() - started_at, 1)
    found = measures(line for line in lines if isinstance(line, Found))
    with new_home() as home:
        where = machine(home.owner_url, load_before)
    return ApiBench(
        begun_at=begun_at,
        seconds=seconds,
        machine=where,
        load_average_1m=loads,
        parameters=_parameters(size, sections),
        measures=found,
        not_measured=not_measured(line for line in lines if isinstance(line, Skipped)),
        goals=goals(found, frozenset(sections), GOALS),
    )


def _rounds(name: str, size: Size, progress: Progress) -> list[Line]:
    rounds = 1 if name in ONCE else size.rounds
    lines: list[Line] = []
    for number in range(rounds):
        progress(ProgressEvent(name, number / rounds, f"round {number + 1} of {rounds}"))
        try:
            lines += SECTIONS[name](size)
        except ToolFailed as failure:
            lines.append(Skipped(name, failure.message))
    progress(ProgressEvent(name, 1.0, f"{rounds} round{'s' if rounds > 1 else ''}"))
    return lines


def _parameters(size: Size, sections: Sequence[str]) -> Parameters:
    return Parameters(
        rounds=size.rounds,
        sections=tuple(sections),
        seconds=size.seconds,
        connections=size.connections,
        trends=size.volumes.trends,
        content=size.volumes.content,
        ledger=size.volumes.ledger,
        reads=size.reads,
        posts=size.posts,
        starts=size.starts,
    )
