"""When each beat is on screen: from its first word to the next beat's first word; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from chimera.contracts.production import SpokenWord

_SHORTEST_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the video in seconds; `start` is included, `end` is not."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


def beat_spans(beats: int, words: Sequence[SpokenWord], duration_ms: int) -> tuple[Span, ...]:
    """One span a beat, in order, without gaps, from 0 to the end of the soundtrack.

    A beat without words of its own (a voice that skipped it) shares the time of the one before it.
    """
    total = max(duration_ms / 1000, _SHORTEST_SECONDS * beats)
    first: dict[int, float] = {}
    for word in words:
        first.setdefault(word.beat, word.start_ms / 1000)
    starts = [0.0]
    for beat in range(1, beats):
        starts.append(max(first.get(beat, -1.0), starts[-1]))
    return _spread(starts, [beat == 0 or beat in first for beat in range(beats)], total)


def _spread(starts: list[float], heard: list[bool], total: float) -> tuple[Span, ...]:
    edges = [*starts, total]
    beat = 0
    while beat < len(starts):
        following = beat + 1
        while following < len(starts) and not heard[following]:
            following += 1
        begin, end = edges[beat], max(edges[following], edges[beat])
        share = (end - begin) / (following - beat)
        for step, index in enumerate(range(beat, following)):
            edges[index] = begin + step * share
        beat = following
    return tuple(Span(edges[index], max(edges[index + 1], edges[index])) for index in range(len(starts)))


def beat_at(spans: Sequence[Span], at: float) -> int:
    """The index of the beat on screen `at` this second; the last one stays to the end."""
    for index in range(len(spans) - 1, 0, -1):
        if at >= spans[index].start:
            return index
    return 0
