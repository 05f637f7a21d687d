"""Quantiles over the last ten minutes, to 1% (DDSketch), with the sum and count of everything since the start.

Five sketches of two minutes each take turns, so that a quantile tells of now and not of last week.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from threading import Lock

from ddsketch import LogCollapsingLowestDenseDDSketch

from chimera.telemetry.family import Sample
from chimera.telemetry.meter import Meter

QUANTILES = (0.5, 0.9, 0.95, 0.99)
RELATIVE_ERROR = 0.01
SKETCHES = 5
SKETCH_SECONDS = 120.0
BINS_MAX = 2048
"""Covers nanoseconds to weeks at this error."""

Monotonic = Callable[[], float]


class Quantiles:
    """One series of a summary."""

    __slots__ = ("_add", "_count", "_lock", "_monotonic", "_sketches", "_sum", "_turn_at")

    def __init__(self, monotonic: Monotonic = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = Lock()
        self._sum = 0.0
        self._count = 0
        self._sketches = [_sketch()]
        self._add = self._sketches[-1].add
        self._turn_at = monotonic() + SKETCH_SECONDS

    def add(self, value: float) -> None:
        with self._lock:
            if self._monotonic() >= self._turn_at:
                self._turn()
            self._add(value)
            self._sum += value
            self._count += 1

    def add_all(self, values: Iterable[float]) -> None:
        """Several measurements under one lock."""
        with self._lock:
            if self._monotonic() >= self._turn_at:
                self._turn()
            for value in values:
                self._add(value)
                self._sum += value
                self._count += 1

    def samples(self, labels: tuple[tuple[str, str], ...]) -> Iterator[Sample]:
        with self._lock:
            if self._monotonic() >= self._turn_at:
                self._turn()
            recent = _sketch()
            for sketch in self._sketches:
                recent.merge(sketch)
            total, count = self._sum, self._count
        for quantile in QUANTILES:
            value = recent.get_quantile_value(quantile)
            yield Sample((*labels, ("quantile", repr(quantile))), float("nan") if value is None else value)
        yield Sample(labels, total, "_sum")
        yield Sample(labels, count, "_count")

    def _turn(self) -> None:
        passed = int((self._monotonic() - self._turn_at) // SKETCH_SECONDS) + 1
        self._turn_at += passed * SKETCH_SECONDS
        self._sketches = [*self._sketches, *(_sketch() for _ in range(min(passed, SKETCHES)))][-SKETCHES:]
        self._add = self._sketches[-1].add


def summary(name: str, told: str, *labels: str, monotonic: Monotonic = time.monotonic) -> Meter[Quantiles]:
    return Meter(name, "summary", told, labels, lambda: Quantiles(monotonic))


def _sketch() -> LogCollapsingLowestDenseDDSketch:
    return LogCollapsingLowestDenseDDSketch(RELATIVE_ERROR, BINS_MAX)
