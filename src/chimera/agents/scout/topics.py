"""From candidates to topics: what holds together is an event, and one event is one topic."""

from dataclasses import dataclass, replace
from math import prod

from chimera.agents.scout.candidates import Candidate
from chimera.agents.scout.companions import Companion, companions_of, coverage
from chimera.agents.scout.index import PostIndex

EXAMINED_MAX = 250
SIGNIFICANCE_MIN = 1.8
SHARED_POSTS_MIN = 0.4
COMPANION_SHARE_MIN = 0.4
COVERAGE_MIN = 0.6
NEW_DOUBLINGS = 2.0
"""A term this much more frequent than before is hardly a word of every day."""
PHRASE_LIFT_MIN = 15.0


@dataclass(frozen=True, slots=True)
class Topic:
    """One event: the candidate that stands for it, its companions, and the candidates told by the same posts.

    `is_asked_for` marks a keyword's own topic, which keeps the keyword as its name.
    """

    head: Candidate
    companions: tuple[Companion, ...]
    others: tuple[Candidate, ...] = ()
    is_asked_for: bool = False


def find_topics(candidates: list[Candidate], index: PostIndex) -> list[Topic]:
    """Topics by significance, each event once."""
    strong = [c for c in candidates if c.z >= SIGNIFICANCE_MIN and c.doublings > 0]
    examined = sorted(strong, key=lambda c: (-c.z, -c.mentions, c.terms))[:EXAMINED_MAX]
    rising_words = frozenset(c.terms[0] for c in examined if len(c.terms) == 1)
    topics: list[Topic] = []
    for candidate in examined:
        topic = _as_topic(candidate, index)
        place = next((n for n, known in enumerate(topics) if _same_event(known, candidate, topic, rising_words)), None)
        if place is not None:
            topics[place] = replace(topics[place], others=(*topics[place].others, candidate))
        elif topic is not None:
            topics.append(topic)
    return topics


def _as_topic(candidate: Candidate, index: PostIndex) -> Topic | None:
    """The candidate as a topic if it was new, or if its posts mostly share further new words.

    A single word needs such companions in any case: a name alone may be anybody's.
    """
    companions = tuple(companions_of(candidate, index))
    if len(candidate.terms) == 1 and (not companions or companions[0].share < COMPANION_SHARE_MIN):
        return None
    if len(candidate.terms) > 1 and _phrase_lift(candidate, index) < PHRASE_LIFT_MIN:
        return None
    holds = candidate.doublings >= NEW_DOUBLINGS or coverage(candidate, companions) >= COVERAGE_MIN
    return Topic(candidate, companions) if holds else None


def _phrase_lift(candidate: Candidate, index: PostIndex) -> float:
    """How much more often the words stand in one run than unrelated words of their frequency would."""
    window = max(index.counts.window, 1.0)
    chance = window * prod(float(index.window_word_posts[index.word_ids[term]]) / window for term in candidate.terms)
    return candidate.mentions / max(chance, 1e-9)


def _same_event(known: Topic, candidate: Candidate, topic: Topic | None, rising_words: frozenset[str]) -> bool:
    """Whether the two are told by the same posts, or both with the same word that is rising itself."""
    ours, theirs = set(known.head.posts.tolist()), set(candidate.posts.tolist())
    if len(ours & theirs) >= SHARED_POSTS_MIN * min(len(ours), len(theirs)):
        return True
    return topic is not None and bool(_telling_words(known) & _telling_words(topic) & rising_words)


def _telling_words(topic: Topic) -> frozenset[str]:
    """The words without which the topic is hardly told."""
    beside = (companion.word for companion in topic.companions if companion.share >= COMPANION_SHARE_MIN)
    return frozenset((*topic.head.terms, *beside))
