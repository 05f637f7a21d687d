"""What is counted and measured in this process, in memory: counters, gauges, histograms. Safe in any thread.

Every meter has a bounded number of series: one label combination too many is counted under `other`.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Generic, Protocol, TypeVar

from chimera.telemetry.family import Family, Kind, Sample

SERIES_MAX = 400
OTHER = "other"


class Series(Protocol):
    """One label combination of a meter."""

    def samples(self, labels: tuple[tuple[str, str], ...]) -> Iterator[Sample]: ...


SeriesT = TypeVar("SeriesT", bound=Series)


class Meter(Generic[SeriesT]):
    """A family whose series are made when they are first used."""

    def __init__(self, name: str, kind: Kind, told: str, labels: tuple[str, ...], new: Callable[[], SeriesT]) -> None:
        self.name = name
        self._kind = kind
        self._help = told
        self._labels = labels
        self._new = new
        self._lock = Lock()
        self._series: dict[tuple[str, ...], SeriesT] = {}

    def of(self, *values: str) -> SeriesT:
        """The series of these label values, in the order of the labels."""
        found = self._series.get(values)
        return found if found is not None else self._added(values)

    def family(self) -> Family:
        with self._lock:
            series = sorted(self._series.items())
        samples = (
            sample for values, one in series for sample in one.samples(tuple(zip(self._labels, values, strict=True)))
        )
        return Family(self.name, self._kind, self._help, tuple(samples))

    def _added(self, values: tuple[str, ...]) -> SeriesT:
        if len(values) != len(self._labels):
            raise ValueError(f"{self.name} has the labels {', '.join(self._labels)}")
        with self._lock:
            if len(self._series) >= SERIES_MAX:
                values = tuple(OTHER for _ in values)
            return self._series.setdefault(values, self._new())


class Count:
    """A number that only grows."""

    __slots__ = ("_lock", "_value")

    def __init__(self) -> None:
        self._lock = Lock()
        self._value = 0.0

    def add(self, amount: float = 1.0) -> None:
        with self._lock:
            self._value += amount

    def samples(self, labels: tuple[tuple[str, str], ...]) -> Iterator[Sample]:
        yield Sample(labels, self._value)


class Level:
    """A number that goes up and down."""

    __slots__ = ("_lock", "_value")

    def __init__(self) -> None:
        self._lock = Lock()
        self._value = 0.0

    def set(self, value: float) -> None:
        with self._lock:
            self._value = value

    def add(self, amount: float) -> None:
        with self._lock:
            self._value += amount

    def samples(self, labels: tuple[tuple[str, str], ...]) -> Iterator[Sample]:
        yield Sample(labels, self._value)


class Buckets:
    """How many measurements were at most so large; they can be summed over processes."""

    __slots__ = ("_bounds", "_counts", "_lock", "_sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        self._lock = Lock()

    def add(self, value: float) -> None:
        place = bisect_left(self._bounds, value)
        with self._lock:
            self._counts[place] += 1
            self._sum += value

    def samples(self, labels: tuple[tuple[str, str], ...]) -> Iterator[Sample]:
        with self._lock:
            counts, total = list(self._counts), self._sum
        below = 0
        for bound, count in zip((*self._bounds, float("inf")), counts, strict=True):
            below += count
            edge = "+Inf" if bound == float("inf") else repr(bound)
            yield Sample((*labels, ("le", edge)), below, "_bucket")
        yield Sample(labels, total, "_sum")
        yield Sample(labels, below, "_count")


def counter(name: str, told: str, *labels: str) -> Meter[Count]:
    return Meter(name, "counter", told, labels, Count)


def gauge(name: str, told: str, *labels: str) -> Meter[Level]:
    return Meter(name, "gauge", told, labels, Level)


def histogram(name: str, told: str, bounds: tuple[float, ...], *labels: str) -> Meter[Buckets]:
    return Meter(name, "histogram", told, labels, lambda: Buckets(bounds))
