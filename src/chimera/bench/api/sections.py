"""The sections of the benchmark by name: each is one round of its measurements."""

from collections.abc import Callable, Mapping

from chimera.bench.api.approving import approving
from chimera.bench.api.reading import reading
from chimera.bench.api.scouting import scouting
from chimera.bench.api.size import Size
from chimera.bench.api.starting import starting
from chimera.bench.crew.found import Line

Section = Callable[[Size], list[Line]]

SECTIONS: Mapping[str, Section] = {
    "start": starting,
    "approve": approving,
    "scout": scouting,
    "reads": reading,
}
ONCE = frozenset({"start", "reads"})
"""Sections with many figures of their own: one round, however many the others have."""
