"""The sections of the benchmark by name: each is one round of its measurements."""

from collections.abc import Callable, Mapping

from chimera.bench.crew.found import Line
from chimera.bench.crew.ground import Ground
from chimera.bench.crew.pieces import pieces
from chimera.bench.crew.postgresql_noops import beside_rows
from chimera.bench.crew.redis_noops import beside_hints
from chimera.bench.crew.size import Size
from chimera.bench.crew.workflows import workflows

Section = Callable[[Ground, Size], list[Line]]

ONCE = frozenset({"soak", "pieces"})
"""Sections that take minutes: one round, however many the others have."""


def _hints(ground: Ground, size: Size) -> list[Line]:
    return beside_hints(ground, size.hints, size.beside_redis)


def _rows(ground: Ground, size: Size) -> list[Line]:
    return beside_rows(ground, size.tasks)


def _workflows(ground: Ground, size: Size) -> list[Line]:
    return workflows(ground, size.workflows)


def _pieces(_ground: Ground, size: Size) -> list[Line]:
    return pieces(size.pieces)


SECTIONS: Mapping[str, Section] = {"hints": _hints, "rows": _rows, "workflows": _workflows, "pieces": _pieces}
