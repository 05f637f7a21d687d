"""Captions out of spoken words: which words stand together, on which lines, and how long; pure.

Breaks are chosen by the shortest path over all places to break (the idea of Knuth and Plass, 1981), with the usual
subtitling rules as costs: two lines, 17 characters a second, at least 0.8 seconds, breaks at punctuation.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from chimera.contracts.production import CaptionCue, SpokenWord
from chimera.tools.local.picture.screen_text import on_screen

CHARACTERS_PER_SECOND_MAX = 17
SHORTEST_MS = 800
_PAUSE_MS = 700
_LINGER_MS = 400
_WORDS_MAX = 16
_WORD_CHARACTERS_MAX = 60
_LEANING = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "to",
        "in",
        "on",
        "at",
        "by",
        "for",
        "from",
        "with",
        "and",
        "or",
        "but",
        "as",
        "than",
        "that",
        "this",
        "its",
        "their",
        "his",
        "her",
        "is",
        "are",
        "was",
        "were",
    ]
)
"""Words that lean on the one after them; a line should not end with one."""


@dataclass(frozen=True, slots=True)
class CaptionWord:
    """One word on screen, and when it is the one being spoken, in milliseconds."""

    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Caption:
    """A cue with its words on their lines; shown from `start_ms` until `end_ms`."""

    start_ms: int
    end_ms: int
    lines: tuple[tuple[CaptionWord, ...], ...]

    @property
    def cue(self) -> CaptionCue:
        """The cue as the contract has it."""
        text = "\n".join(" ".join(word.text for word in line) for line in self.lines)
        return CaptionCue(start_ms=self.start_ms, end_ms=self.end_ms, text=text)

    def spoken(self, at_ms: float) -> int:
        """The index of the last word begun `at_ms`, counted over all lines; -1 before the first."""
        begun = -1
        for index, word in enumerate(word for line in self.lines for word in line):
            if word.start_ms <= at_ms:
                begun = index
        return begun


def captions(words: Sequence[SpokenWord], characters_max: int, duration_ms: int) -> tuple[Caption, ...]:
    """Every word once and in order, in cues that never overlap, none after `duration_ms` unless a word is.

    A line has at most `characters_max` characters, unless one word alone has more.
    """
    said = _in_order(words)
    groups = [[word for word, _ in said[begin:end]] for begin, end in _breaks(said, characters_max)]
    cues: list[Caption] = []
    for index, group in enumerate(groups):
        start = max(group[0].start_ms, cues[-1].end_ms if cues else 0)
        following = groups[index + 1][0].start_ms if index + 1 < len(groups) else max(duration_ms, group[-1].end_ms)
        cues.append(Caption(start, _end(group, start, following), _lines(group, characters_max)))
    return tuple(cues)


def caption_at(cues: Sequence[Caption], at_ms: float) -> Caption | None:
    """The caption on screen `at_ms`, if any."""
    return next((cue for cue in cues if cue.start_ms <= at_ms < cue.end_ms), None)


def _in_order(words: Sequence[SpokenWord]) -> list[tuple[CaptionWord, int]]:
    """Words with something to show, their starts never going back, each with its beat."""
    said: list[tuple[CaptionWord, int]] = []
    latest = 0
    for word in words:
        text = on_screen(word.text, _WORD_CHARACTERS_MAX)
        if not text:
            continue
        latest = max(latest, word.start_ms)
        said.append((CaptionWord(text, latest, max(word.end_ms, latest + 1)), word.beat))
    return said


def _end(group: list[CaptionWord], start: int, following: int) -> int:
    """Stay a little after the last word, at least the shortest time, but never into the next cue."""
    spoken = max(word.end_ms for word in group)
    wanted = max(spoken + _LINGER_MS, start + SHORTEST_MS)
    return max(min(wanted, max(following, start + 1)), start + 1)


def _breaks(said: list[tuple[CaptionWord, int]], characters_max: int) -> list[tuple[int, int]]:
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(said) + 1):
        choices = [
            (best[begin][0] + cost, begin)
            for begin in range(max(0, end - _WORDS_MAX), end)
            if (cost := _cost(said, begin, end, characters_max)) is not None
        ]
        best.append(min(choices))
    spans: list[tuple[int, int]] = []
    end = len(said)
    while end > 0:
        spans.append((best[end][1], end))
        end = best[end][1]
    return spans[::-1]


def _cost(said: list[tuple[CaptionWord, int]], begin: int, end: int, characters_max: int) -> float | None:
    """How bad it is that these words stand alone in one cue; None when they can't."""
    group = [word for word, _ in said[begin:end]]
    if end - begin > 1 and not _may_stand_together(said[begin:end], characters_max):
        return None
    characters = _length(group)
    following = said[end][0].start_ms if end < len(said) else group[-1].end_ms + SHORTEST_MS
    seconds = max(following - group[0].start_ms, 1) / 1000
    cost = 1.0 + ((characters - 1.25 * characters_max) / characters_max) ** 2 * 1.5
    cost += 3.0 * max(0.0, SHORTEST_MS / 1000 - seconds) / 0.8
    cost += max(0.0, characters / seconds - CHARACTERS_PER_SECOND_MAX) * 0.1
    cost += 0.9 * sum(_closes(word.text) == 2 for word in group[:-1])
    return cost + _break_cost(said, end)


def _break_cost(said: list[tuple[CaptionWord, int]], end: int) -> float:
    if end == len(said) or said[end][1] != said[end - 1][1]:
        return 0.0
    word = said[end - 1][0].text
    leaning = 0.8 if word.casefold() in _LEANING else 0.0
    return (0.9, 0.3, 0.0)[_closes(word)] + leaning


def _may_stand_together(said: list[tuple[CaptionWord, int]], characters_max: int) -> bool:
    if said[0][1] != said[-1][1]:
        return False
    group = [word for word, _ in said]
    if any(after.start_ms - before.end_ms > _PAUSE_MS for before, after in pairwise(group)):
        return False
    return _length(group) <= characters_max or _split(group, characters_max) is not None


def _lines(group: list[CaptionWord], characters_max: int) -> tuple[tuple[CaptionWord, ...], ...]:
    if len(group) == 1 or _length(group) <= characters_max:
        return (tuple(group),)
    at = _split(group, characters_max) or 1
    return (tuple(group[:at]), tuple(group[at:]))


def _split(group: list[CaptionWord], characters_max: int) -> int | None:
    """Where the second line begins: the most even place, punctuation preferred, a leaning word never left hanging."""
    places: list[tuple[float, int]] = []
    for at in range(1, len(group)):
        first, second = _length(group[:at]), _length(group[at:])
        if max(first, second) <= characters_max:
            hanging = 6 if group[at - 1].text.casefold() in _LEANING else 0
            places.append((abs(first - second) + hanging - 5 * _closes(group[at - 1].text), at))
    return min(places)[1] if places else None


def _length(group: Sequence[CaptionWord]) -> int:
    return sum(len(word.text) for word in group) + len(group) - 1


def _closes(text: str) -> int:
    """2 after the end of a sentence, 1 after a comma or the like, 0 otherwise."""
    bare = text.rstrip("\"'”’)]»")
    if bare.endswith((".", "!", "?", "…", "。", "！", "？", "؟")):
        return 2
    return 1 if bare and bare[-1] in ",;:—–،、" and unicodedata.category(bare[-1])[0] == "P" else 0
