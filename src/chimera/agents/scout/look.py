"""One look at a source as of a moment: its posts read and indexed, and what stands out in them. Looks can be kept."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from chimera.agents.scout.candidates import Candidate, find_candidates
from chimera.agents.scout.index import PostIndex, build_index
from chimera.agents.scout.topics import Topic, find_topics
from chimera.agents.scout.window import Window, window_before
from chimera.sources.post import PostSource, Reading

LOOKS_KEPT_MAX = 3
POSTS_KEPT_MAX = 4_000_000


@dataclass(frozen=True)
class Look:
    """What was read of the window and its baseline. `topics` are those that nobody had to ask for."""

    window: Window
    reading: Reading
    index: PostIndex

    @cached_property
    def candidates(self) -> list[Candidate]:
        return find_candidates(self.index)

    @cached_property
    def topics(self) -> list[Topic]:
        return find_topics(self.candidates, self.index)


def look_at(source: PostSource, as_of: datetime, timeframe: timedelta) -> Look:
    """Read and index the source.

    Raises:
        SourceUnavailable, ValidationFailed: it can't be read.
    """
    window = window_before(as_of, timeframe)
    reading = source.read(window.baseline_start, window.end)
    return Look(window, reading, build_index(reading.posts, window))


class KeptLooks:
    """The last looks, for askers in several threads: the same source, moment and timeframe is read once.

    A source is known by its identity: whoever opens it again because it changed gets a new look.
    """

    def __init__(self, looks_max: int = LOOKS_KEPT_MAX, posts_max: int = POSTS_KEPT_MAX) -> None:
        self._looks_max = looks_max
        self._posts_max = posts_max
        self._kept: OrderedDict[tuple[int, datetime, timedelta], tuple[PostSource, Look]] = OrderedDict()
        self._one_at_a_time = threading.Lock()

    def __call__(self, source: PostSource, as_of: datetime, timeframe: timedelta) -> Look:
        """The look, from now on kept; errors as `look_at`."""
        key = (id(source), as_of, timeframe)
        with self._one_at_a_time:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][1]
            look = look_at(source, as_of, timeframe)
            self._kept[key] = (source, look)
            while len(self._kept) > 1 and (len(self._kept) > self._looks_max or self._posts() > self._posts_max):
                self._kept.popitem(last=False)
            return look

    def _posts(self) -> int:
        return sum(len(look.index.posts) for _, look in self._kept.values())
