"""Slurs, hate, threats, self-harm, sexual words and profanity, also where they are disguised."""

import codecs
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from chimera.safety.finding import Found, masked
from chimera.safety.lexicon import Lexicon
from chimera.safety.normalise import joined_letters, masked_words, readings

_EXCEPTION = "exception"
_EXPLANATIONS = {
    "slur": "a word that insults a group of people",
    "hate": "a phrase of hatred against a group of people",
    "violence": "a threat, a call for violence or an instruction for it",
    "self_harm": "a call for or a wish of self-harm",
    "sexual_minor": "sexual matter with minors",
    "sexual": "sexual matter",
    "profanity": "a swear word",
}
_SUBSTRING_CHARACTERS_MIN = 4


@dataclass(frozen=True, slots=True)
class WordLists:
    lexicon: Lexicon
    single_words: tuple[tuple[str, str], ...]
    """Words without ending, with their category: what letters written apart or starred out are compared with."""


@cache
def word_lists() -> WordLists:
    """The shipped lists (`data/words.rot13.txt`), read once."""
    document = (files("chimera.safety") / "data" / "words.rot13.txt").read_text("utf-8")
    terms = list(_terms(document.splitlines()))
    single = tuple((term.rstrip("*"), label) for term, label in terms if " " not in term and label != _EXCEPTION)
    return WordLists(Lexicon(terms), single)


def _terms(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    category = ""
    for line in lines:
        if line.startswith("["):
            category = line.strip("[]")
        elif line and not line.startswith("#"):
            yield codecs.decode(line, "rot13"), category


def find_listed_words(text: str) -> list[Found]:
    """Every category that a reading of `text` holds, once, with its first word masked."""
    first: dict[str, str] = {}
    for reading in readings(text):
        for category, words in _listed(reading):
            first.setdefault(category, words)
    for category, word in (*_spelled_apart(text), *_starred_out(text)):
        first.setdefault(category, word)
    return [Found("word_list", category, masked(words), _EXPLANATIONS[category]) for category, words in first.items()]


def _listed(reading: Sequence[str]) -> list[tuple[str, str]]:
    hits = list(word_lists().lexicon.hits(reading))
    excepted = {place for hit in hits if hit.label == _EXCEPTION for place in range(hit.start, hit.end)}
    return [
        (hit.label, " ".join(reading[hit.start : hit.end]))
        for hit in hits
        if hit.label != _EXCEPTION and not excepted.intersection(range(hit.start, hit.end))
    ]


def _spelled_apart(text: str) -> list[tuple[str, str]]:
    runs = joined_letters(text)
    return [
        (category, word)
        for word, category in word_lists().single_words
        if len(word) >= _SUBSTRING_CHARACTERS_MIN and any(word in run for run in runs)
    ]


def _starred_out(text: str) -> list[tuple[str, str]]:
    return [
        (category, word)
        for starred in masked_words(text)
        for word, category in word_lists().single_words
        if len(word) == len(starred) and all(a in ("*", b) for a, b in zip(starred, word, strict=True))
    ]
