"""Cuts the beats into runs that the model says in one breath, and remembers whose symbols they are. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chimera.tools.local.voice.lexicon import Lexicon
from chimera.tools.local.voice.model import TOKENS_MAX, sayable
from chimera.tools.local.voice.normalise import CLAUSE_MARKS, SENTENCE_MARKS, spell_out
from chimera.tools.local.voice.pronounce import Utterance, pronounce

BEAT_PAUSE_MS = 320
SENTENCE_PAUSE_MS = 240
CLAUSE_PAUSE_MS = 110
WORD_PAUSE_MS = 20


@dataclass(frozen=True, slots=True)
class PhrasedWord:
    """A word as written with its symbols (none for a bare mark) and the mark after it."""

    text: str
    symbols: str
    mark: str
    beat: int


@dataclass(frozen=True, slots=True)
class Run:
    """`symbols` to say at once; `owners[i]` is the index of symbol i's word, -1 for marks and spaces."""

    symbols: str
    owners: tuple[int, ...]
    pause_after_ms: int


def phrase_words(beats: Sequence[str], lexicon: Lexicon) -> list[PhrasedWord]:
    """Every word of every beat, in order, with its pronunciation."""
    return [word for beat, text in enumerate(beats) for word in _beat_words(text, beat, lexicon)]


def _beat_words(text: str, beat: int, lexicon: Lexicon) -> Iterator[PhrasedWord]:
    written = spell_out(text)
    utterances = [
        Utterance(spoken, bool(word.mark) and index + 1 == len(word.spoken))
        for word in written
        for index, spoken in enumerate(word.spoken)
    ]
    sounds = iter(pronounce(utterances, lexicon))
    for word in written:
        symbols = " ".join(next(sounds) for _ in word.spoken)
        yield PhrasedWord(word.text, sayable(symbols), word.mark, beat)


def plan_runs(words: Sequence[PhrasedWord], tokens_max: int = TOKENS_MAX) -> list[Run]:
    """Runs of at most `tokens_max` symbols that end at a beat's end, or at the best earlier mark."""
    runs: list[Run] = []
    start = 0
    while start < len(words):
        end = _run_end(words, start, tokens_max)
        runs += _cut(words, start, end, tokens_max)
        start = end
    return [run for run in runs if any(owner >= 0 for owner in run.owners)]


def _length(word: PhrasedWord) -> int:
    return len(word.symbols) + len(word.mark) + 1


def _run_end(words: Sequence[PhrasedWord], start: int, tokens_max: int) -> int:
    """One past the last word of the run that starts at `start`; at least one word, even one that is too long."""
    size, end = 0, start
    while end < len(words) and words[end].beat == words[start].beat:
        size += _length(words[end])
        if size > tokens_max and end > start:
            return _best_break(words, start, end)
        end += 1
    return end


def _best_break(words: Sequence[PhrasedWord], start: int, end: int) -> int:
    """The last sentence end within the run, else the last clause end in its second half, else its last word."""
    for marks, earliest in ((SENTENCE_MARKS + "…", start), (CLAUSE_MARKS, (start + end) // 2)):
        for index in range(end - 1, earliest - 1, -1):
            if words[index].mark and words[index].mark in marks:
                return index + 1
    return end


def _cut(words: Sequence[PhrasedWord], start: int, end: int, tokens_max: int) -> Iterator[Run]:
    """The run's symbols; a single word longer than `tokens_max` is said in several."""
    symbols, owners = "", list[int]()
    for index in range(start, end):
        word = words[index]
        gap = " " if symbols and word.symbols else ""
        symbols += gap + word.symbols + word.mark
        owners += [-1] * len(gap) + [index] * len(word.symbols) + [-1] * len(word.mark)
    for cut in range(0, len(symbols), tokens_max):
        last = cut + tokens_max >= len(symbols)
        pause = _pause_after(words, end - 1) if last else 0
        yield Run(symbols[cut : cut + tokens_max], tuple(owners[cut : cut + tokens_max]), pause)


def _pause_after(words: Sequence[PhrasedWord], index: int) -> int:
    if index + 1 == len(words):
        return 0
    if words[index + 1].beat != words[index].beat:
        return BEAT_PAUSE_MS
    if words[index].mark and words[index].mark in SENTENCE_MARKS + "…":
        return SENTENCE_PAUSE_MS
    return CLAUSE_PAUSE_MS if words[index].mark else WORD_PAUSE_MS
