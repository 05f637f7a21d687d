"""The sections of the benchmark by name: each is one round of its measurements."""

from collections.abc import Callable, Mapping

from chimera.bench.crew.dispatching import hints_beside, rows_beside
from chimera.bench.crew.found import Line
from chimera.bench.crew.ground import Ground
from chimera.bench.crew.hosting import hosting, soak
from chimera.bench.crew.latency import behind_a_backlog, dispatch_latency
from chimera.bench.crew.outside import queue_tasks
from chimera.bench.crew.pieces import pieces
from chimera.bench.crew.size import Size
from chimera.bench.crew.workflows import workflows

Section = Callable[[Ground, Size], list[Line]]

SECTIONS: Mapping[str, Section] = {
    "agents": lambda ground, size: hosting(ground, size.agents, size.settle_seconds),
    "hints": lambda ground, size: hints_beside(ground, size.hints, size.beside_redis),
    "rows": lambda ground, size: rows_beside(ground, size.tasks),
    "latency": lambda ground, size: dispatch_latency(ground, size.per_second, size.latency_seconds),
    "backlog": lambda ground, size: behind_a_backlog(ground, size.high_tasks, size.backlog),
    "queue": lambda ground, size: queue_tasks(ground, size.queue_tasks, size.queue_agents),
    "workflows": lambda ground, size: workflows(ground, size.workflows),
    "pieces": lambda _ground, size: pieces(size.pieces),
    "soak": lambda ground, size: soak(ground, size.queue_agents, size.soak_minutes),
}
ONCE = frozenset({"soak", "pieces"})
"""Sections that take minutes: one round, however many the others have."""
