"""The words that came up together with a term: an event is told in words of its own, a fashionable word is not."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from chimera.agents.scout.candidates import VOICES_MIN, Candidate, measure
from chimera.agents.scout.index import Integers, PostIndex
from chimera.sources.keywords import CALENDAR_WORDS

TOGETHER_MIN = 3
LIFT_MIN = 4.0
"""Times as often together as two unrelated words of their frequency would be."""
DOUBLINGS_MIN = 1.5
"""The pair must be new: at least 2.8 times as frequent as before, at 95% confidence."""


@dataclass(frozen=True, slots=True)
class Companion:
    """A word beside a candidate. `share` is the part of the candidate's mentions that hold it."""

    word: str
    share: float
    lift: float
    pair: Candidate


def companions_of(candidate: Candidate, index: PostIndex) -> list[Companion]:
    """Words that stand with the candidate in at least 3 posts by 3 voices, and newly so; the most frequent first."""
    together = _words_beside(candidate.posts, candidate, index)
    chosen = [word for word, count in together.items() if count >= TOGETHER_MIN and _may_accompany(word, index)]
    found = [
        Companion(
            index.vocabulary[word],
            pair.mentions / candidate.mentions,
            _lift(pair.mentions, candidate.mentions, word, index),
            pair,
        )
        for word, pair in zip(chosen, _pairs(candidate, chosen, index), strict=True)
        if pair is not None
    ]
    kept = [
        c for c in found if c.lift >= LIFT_MIN and c.pair.voices >= VOICES_MIN and c.pair.doublings >= DOUBLINGS_MIN
    ]
    return sorted(kept, key=lambda c: (-c.share, -c.lift, c.word))


def coverage(candidate: Candidate, companions: Iterable[Companion]) -> float:
    """The part of the candidate's mentions that hold at least one of its companions."""
    covered = {int(post) for companion in companions for post in companion.pair.posts}
    return len(covered) / candidate.mentions


def _words_beside(posts: Integers, candidate: Candidate, index: PostIndex) -> Counter[int]:
    own = {index.word_ids.get(term, -1) for term in candidate.terms}
    beside: Counter[int] = Counter()
    for post in posts:
        beside.update({int(word) for word in index.words_of(int(post))} - own)
    return beside


def _may_accompany(word: int, index: PostIndex) -> bool:
    text = index.vocabulary[word]
    return text not in CALENDAR_WORDS and not text.isdigit()


def _pairs(candidate: Candidate, words: list[int], index: PostIndex) -> list[Candidate | None]:
    """What was counted of candidate and word together, in the order of `words`."""
    place = {word: number for number, word in enumerate(words)}
    group: list[int] = []
    posts: list[int] = []
    for post in np.concatenate([candidate.baseline_posts, candidate.posts]):
        for word in {int(word) for word in index.words_of(int(post))} & place.keys():
            group.append(place[word])
            posts.append(int(post))
    terms = [(*candidate.terms, index.vocabulary[word]) for word in words]
    measured = measure(index, terms, np.array(group, np.int64), np.array(posts, np.int64))
    by_terms = {pair.terms: pair for pair in measured}
    return [by_terms.get(pair) for pair in terms]


def _lift(together: int, mentions: int, word: int, index: PostIndex) -> float:
    chance = mentions * index.window_word_posts[word] / max(index.counts.window, 1.0)
    return float(together / max(chance, 1e-9))
