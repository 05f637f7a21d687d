"""Mentions over time: equal buckets that end at the window's end, with what was expected of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from chimera.agents.scout.index import Integers, PostIndex
from chimera.agents.scout.window import Window
from chimera.contracts.evidence import BucketCount

WINDOW_BUCKETS_MAX = 30
BEFORE_WINDOWS = 2
"""The picture begins at most two window lengths before the window."""
_BUCKETS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 120, 180, 360, 720, 1440))


@dataclass(frozen=True, slots=True)
class Series:
    """Buckets oldest first; those from `window_from` on lie in the window."""

    bucket: timedelta
    buckets: tuple[BucketCount, ...]
    window_from: int

    @property
    def peak(self) -> BucketCount:
        """The window's fullest bucket, the earliest of equals."""
        return max(self.buckets[self.window_from :], key=lambda bucket: bucket.mentions)


def mention_series(mentions: Sequence[int], expected: float, index: PostIndex, window: Window) -> Series:
    """The series of the posts `mentions`; `expected` mentions of the window are spread by the posts of each bucket."""
    bucket = next((size for size in _BUCKETS if window.length / size <= WINDOW_BUCKETS_MAX), _BUCKETS[-1])
    inside = -(-window.length // bucket)
    edges = _edges(window, bucket, inside, index)
    counts = np.histogram(index.times[np.array(mentions, np.int64)], edges)[0]
    posts = np.histogram(index.times, edges)[0]
    rate = expected / max(index.counts.window, 1.0)
    buckets = tuple(
        BucketCount(
            start=datetime.fromtimestamp(int(edge), UTC), mentions=int(count), expected=Decimal(f"{rate * seen:.3f}")
        )
        for edge, count, seen in zip(edges[:-1], counts, posts, strict=True)
    )
    return Series(bucket, buckets, len(buckets) - inside)


def _edges(window: Window, bucket: timedelta, inside: int, index: PostIndex) -> Integers:
    """Bucket edges in Unix seconds, from the later of two window lengths before and the source's first post."""
    end, step = int(window.end.timestamp()), int(bucket.total_seconds())
    history = max(0, end - inside * step - int(index.times[0])) // step
    count = inside + min(history, BEFORE_WINDOWS * inside)
    return end - step * np.arange(count, -1, -1, dtype=np.int64)
