"""One run of the crew's benchmark from its engines to its document."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from chimera.bench.crew.found import Found, Line, Skipped
from chimera.bench.crew.ground import Ground, open_ground
from chimera.bench.crew.report import CrewBench, Parameters, goals, measures, not_measured
from chimera.bench.crew.sections import ONCE, SECTIONS
from chimera.bench.crew.size import Size
from chimera.bench.treasury.machine import load_average, machine
from chimera.core.errors import ToolFailed
from chimera.core.progress import Progress, ProgressEvent


def run_bench(database_url: str | None, size: Size, sections: Sequence[str], progress: Progress) -> CrewBench:
    """Measure the named sections, on engines of its own or scratch databases of the server at `database_url`."""
    begun_at, started_at, load_before = datetime.now(UTC), time.monotonic(), load_average()
    loads: dict[str, float] = {}
    lines: list[Line] = []
    with open_ground(database_url) as ground:
        for name in sections:
            loads[name] = load_average()
            lines += _rounds(ground, name, size, progress)
        found = measures(line for line in lines if isinstance(line, Found))
        return CrewBench(
            begun_at=begun_at,
            seconds=round(time.monotonic() - started_at, 1),
            machine=machine(ground.server_url, load_before),
            redis=ground.redis_version(),
            load_average_1m=loads,
            parameters=_parameters(size, sections),
            measures=found,
            not_measured=not_measured(line for line in lines if isinstance(line, Skipped)),
            goals=goals(found, frozenset(sections)),
        )


def _rounds(ground: Ground, name: str, size: Size, progress: Progress) -> list[Line]:
    rounds = 1 if name in ONCE else size.rounds
    lines: list[Line] = []
    for number in range(rounds):
        progress(ProgressEvent(name, number / rounds, f"round {number + 1} of {rounds}"))
        try:
            lines += SECTIONS[name](ground, size)
        except ToolFailed as failure:
            lines.append(Skipped(name, failure.message))
    progress(ProgressEvent(name, 1.0, f"{rounds} round{'s' if rounds > 1 else ''}"))
    return lines


def _parameters(size: Size, sections: Sequence[str]) -> Parameters:
    return Parameters(
        rounds=size.rounds,
        sections=tuple(sections),
        hints=size.hints,
        tasks=size.tasks,
        latency_seconds=size.latency_seconds,
        backlog=size.backlog,
        agents=size.agents,
        workflows=size.workflows,
        pieces=size.pieces,
        soak_minutes=size.soak_minutes,
    )
