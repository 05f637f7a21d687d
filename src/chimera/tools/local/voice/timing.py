"""When each word is heard: frames per token to sample positions, silence trimmed at both ends of every run. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chimera.contracts.production import SpokenWord
from chimera.tools.local.voice.model import SAMPLE_RATE_HZ, SAMPLES_PER_FRAME, Speech
from chimera.tools.local.voice.phrasing import PhrasedWord, Run

_WINDOW = SAMPLE_RATE_HZ // 200
_SILENCE_BELOW_PEAK_DB = 42.0
_KEEP_BEFORE = SAMPLE_RATE_HZ * 30 // 1000
_KEEP_AFTER = SAMPLE_RATE_HZ * 70 // 1000
_FADE = SAMPLE_RATE_HZ * 6 // 1000
_LAG = 2 * SAMPLES_PER_FRAME
"""The model's durations lie this much behind its audio: 50 ms, measured at onsets after silence in both voices."""
_WORD_RELEASE = SAMPLE_RATE_HZ * 20 // 1000

Spans = dict[int, tuple[int, int]]
"""First and one-past-last sample of each word, by the word's index."""


@dataclass(frozen=True, slots=True)
class Take:
    """One run as it will be heard: trimmed audio with soft edges, and the words' places in it."""

    audio: NDArray[np.float32]
    spans: Spans


def take(run: Run, speech: Speech) -> Take:
    """Trim the silence around one run; word places are shifted and kept inside the audio."""
    sounding = _sounding_windows(speech.audio)
    start, end = _kept(sounding, len(speech.audio))
    audio = speech.audio[start:end].copy()
    fade = min(_FADE, len(audio) // 2)
    ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
    audio[:fade] *= ramp
    audio[len(audio) - fade :] *= ramp[::-1]
    spans = {
        word: _clipped(_heard(span, sounding), start, end) for word, span in _word_spans(run, speech.frames).items()
    }
    return Take(audio, spans)


def _sounding_windows(audio: NDArray[np.float32]) -> NDArray[np.int64]:
    """The 5 ms windows that are not silent, by number."""
    windows = audio[: len(audio) // _WINDOW * _WINDOW].reshape(-1, _WINDOW)
    levels = np.sqrt(np.mean(np.square(windows, dtype=np.float64), axis=1))
    loudest = float(levels.max(initial=0.0))
    return np.flatnonzero(levels > max(loudest * 10 ** (-_SILENCE_BELOW_PEAK_DB / 20), 1e-9)).astype(np.int64)


def _kept(sounding: NDArray[np.int64], length: int) -> tuple[int, int]:
    """From shortly before the first to shortly after the last sounding window; everything, if none sounds."""
    if sounding.size == 0:
        return 0, length
    first, last = int(sounding[0]), int(sounding[-1])
    return max(0, first * _WINDOW - _KEEP_BEFORE), min(length, (last + 1) * _WINDOW + _KEEP_AFTER)


def _heard(span: tuple[int, int], sounding: NDArray[np.int64]) -> tuple[int, int]:
    """The span without the model's lag, and without the silence that it counts to a word before a pause."""
    start, end = max(0, span[0] - _LAG), max(0, span[1] - _LAG)
    before_end = int(np.searchsorted(sounding, end // _WINDOW))
    if before_end == 0:
        return start, end
    release = (int(sounding[before_end - 1]) + 1) * _WINDOW + _WORD_RELEASE
    return start, min(end, release) if release > start else end


def _word_spans(run: Run, frames: NDArray[np.int64]) -> Spans:
    """Token i of the run is model token i + 1, since a pad stands before it."""
    edges = np.concatenate(([0], np.cumsum(frames))) * SAMPLES_PER_FRAME
    spans: Spans = {}
    for token, word in enumerate(run.owners):
        if word >= 0:
            first = spans[word][0] if word in spans else int(edges[token + 1])
            spans[word] = (first, int(edges[token + 2]))
    return spans


def _clipped(span: tuple[int, int], start: int, end: int) -> tuple[int, int]:
    return min(max(span[0], start), end) - start, min(max(span[1], start), end) - start


def spoken_words(words: Sequence[PhrasedWord], spans: Spans, duration_ms: int) -> tuple[SpokenWord, ...]:
    """Every word once, in order, times never going back; a bare mark takes the gap between its neighbours."""
    starts = {index: _milliseconds(span[0]) for index, span in spans.items()}
    result: list[SpokenWord] = []
    upcoming = _next_starts(len(words), starts, duration_ms)
    reached = 0
    for index, word in enumerate(words):
        span = spans.get(index)
        start = max(reached, starts[index]) if span else reached
        end = max(start, _milliseconds(span[1])) if span else max(start, upcoming[index])
        start, end = min(start, duration_ms), min(end, duration_ms)
        result.append(SpokenWord(text=word.text, start_ms=start, end_ms=end, beat=word.beat))
        reached = end
    return tuple(result)


def _next_starts(count: int, starts: dict[int, int], duration_ms: int) -> list[int]:
    """For each word, when the next one that is heard starts."""
    upcoming, following = [0] * count, duration_ms
    for index in range(count - 1, -1, -1):
        upcoming[index] = following
        following = starts.get(index, following)
    return upcoming


def _milliseconds(samples: int) -> int:
    return round(samples * 1000 / SAMPLE_RATE_HZ)
