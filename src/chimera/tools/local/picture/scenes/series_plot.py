"""SERIES as geometry: buckets inside a box through a window that can close in on the busy stretch; pure."""

from dataclasses import dataclass

from chimera.contracts.evidence import TrendEvidence
from chimera.tools.local.picture.brush import Point
from chimera.tools.local.picture.scenes.staging import lerp
from chimera.tools.local.picture.stage_layout import Box

_CLOSE_BUCKETS_MIN = 8


@dataclass(frozen=True, slots=True)
class Window:
    """Which buckets are in sight, from the left edge of `first` to the right edge of `last`; fractions while moving."""

    first: float
    last: float

    @property
    def buckets(self) -> float:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Plot:
    """The series as points, some outside the box when the window is narrower; one scale for both quantities."""

    box: Box
    window: Window
    mentions: tuple[Point, ...]
    expected: tuple[Point, ...]
    peak: int
    top: float

    @property
    def pitch(self) -> float:
        """From one bucket to the next."""
        return self.box.width / self.window.buckets


def whole_window(evidence: TrendEvidence) -> Window:
    """All buckets."""
    return Window(0, len(evidence.series) - 1)


def busy_window(evidence: TrendEvidence) -> Window:
    """From the first bucket of the trend's window with a mention to the last, at least eight buckets."""
    series = evidence.series
    busy = [i for i, bucket in enumerate(series) if bucket.mentions and bucket.start >= evidence.window_start]
    if not busy:
        return whole_window(evidence)
    first, last = max(0, busy[0] - 1), min(len(series) - 1, busy[-1] + 1)
    while last - first + 1 < min(_CLOSE_BUCKETS_MIN, len(series)):
        first, last = max(0, first - 1), min(len(series) - 1, last + 1)
    return Window(first, last)


def between(one: Window, other: Window, done: float) -> Window:
    """The window so far on the way."""
    return Window(lerp(one.first, other.first, done), lerp(one.last, other.last, done))


def plot(evidence: TrendEvidence, box: Box, window: Window) -> Plot:
    """Buckets at equal distances from left to right; the largest value reaches the top of the box."""
    series = evidence.series
    top = max([1.0, *(float(b.mentions) for b in series), *(float(b.expected) for b in series)])
    pitch = box.width / window.buckets
    across = [box.x + (index - window.first + 0.5) * pitch for index in range(len(series))]
    mentions = tuple((x, box.bottom - box.height * b.mentions / top) for x, b in zip(across, series, strict=True))
    expected = tuple(
        (x, box.bottom - box.height * float(b.expected) / top) for x, b in zip(across, series, strict=True)
    )
    peak = max(range(len(series)), key=lambda i: (series[i].start == evidence.peak_start, series[i].mentions))
    return Plot(box, window, mentions, expected, peak, top)
