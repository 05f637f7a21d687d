"""Which topics that need a human (deaths, politics, health, finance, law) a set of texts is about."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from chimera.safety.lexicon import Hit, Lexicon
from chimera.safety.normalise import fold, words

TOPICS = ("death", "politics", "health", "finance", "law")
TEXTS_MAX = 2_000
STRONG_SHARE_MIN = 0.15
PLAIN_SHARE_MIN = 0.2
WEAK_SHARE_MIN = 0.3
"""In how many of the texts such words must stand, so that one stray post among many decides nothing."""
WEAK_HITS_MIN = 2

_IDIOM, _PLAY = "idiom", "play"


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one text holds: its labels without those inside idioms, and the places of each."""

    hits: tuple[Hit, ...]
    playful: bool

    def places(self, topic: str, strength: str) -> set[int]:
        return {hit.start for hit in self.hits if hit.label == f"{topic}/{strength}"}


@cache
def vocabulary() -> Lexicon:
    """The shipped vocabulary (`data/topics.toml`), read once."""
    document = tomllib.loads((files("chimera.safety") / "data" / "topics.toml").read_text("utf-8"))
    labelled = {_IDIOM: document["idioms"], _PLAY: document["play"]}
    labelled |= {f"{topic}/{strength}": terms for topic in TOPICS for strength, terms in document[topic].items()}
    return Lexicon((term, label) for label, terms in labelled.items() for term in terms)


def sensitive_topics(texts: Sequence[str]) -> tuple[str, ...]:
    """The topics among `TOPICS` that `texts` (a trend's posts, or a script) are about, in that order.

    A strong word is enough; a plain one too, unless its text is about play; weak words must come in numbers. Of many
    texts a share must say so; a text alone speaks for itself. At most `TEXTS_MAX` texts are read. Made to miss little:
    a false alarm costs a person's glance.
    """
    read = [_read(text) for text in texts[:TEXTS_MAX]]
    return tuple(topic for topic in TOPICS if _is_about(topic, read))


def _read(text: str) -> _Reading:
    found = list(vocabulary().hits(words(fold(text))))
    idiomatic = {place for hit in found if hit.label == _IDIOM for place in range(hit.start, hit.end)}
    kept = tuple(hit for hit in found if not idiomatic.intersection(range(hit.start, hit.end)))
    return _Reading(kept, playful=any(hit.label == _PLAY for hit in found))


def _is_about(topic: str, read: Sequence[_Reading]) -> bool:
    strong = plain = suspicious_texts = weak_hits = 0
    for reading in read:
        strong_here = bool(reading.places(topic, "strong"))
        plain_places = reading.places(topic, "plain")
        weak_places = plain_places if reading.playful else plain_places | reading.places(topic, "weak")
        strong += strong_here
        plain += strong_here or bool(plain_places and not reading.playful)
        suspicious_texts += strong_here or bool(weak_places)
        weak_hits += len(weak_places)
    return (
        strong >= max(1, STRONG_SHARE_MIN * len(read))
        or plain >= max(1, PLAIN_SHARE_MIN * len(read))
        or (weak_hits >= WEAK_HITS_MIN and suspicious_texts >= max(1, WEAK_SHARE_MIN * len(read)))
    )
