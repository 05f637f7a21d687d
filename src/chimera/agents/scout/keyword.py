"""A keyword somebody asks for, as a topic: the posts that hold its words in a row, measured like any other."""

from collections.abc import Sequence

import numpy as np

from chimera.agents.scout.candidates import Candidate, measure
from chimera.agents.scout.companions import companions_of
from chimera.agents.scout.index import Flags, PostIndex, Terms
from chimera.agents.scout.topics import Topic
from chimera.sources.keywords import keywords_of, words_of

KEYWORD_WORDS_MAX = 5
MENTIONS_MIN = 3


def keyword_topics(keywords: Sequence[str], index: PostIndex) -> list[Topic]:
    """One topic for each keyword with at least 3 mentions in the window, the fastest first."""
    wanted = dict.fromkeys(terms for keyword in keywords if (terms := keyword_terms(keyword)))
    found = [candidate for terms in wanted if (candidate := measured_keyword(terms, index)) is not None]
    rising = sorted(found, key=lambda c: (-c.doublings, -c.mentions, c.terms))
    return [Topic(c, tuple(companions_of(c, index))) for c in rising if c.mentions >= MENTIONS_MIN]


def keyword_terms(keyword: str) -> Terms:
    """The words to look for: the keyword's content words, or all of its words where it has none."""
    return tuple((keywords_of(keyword) or words_of(keyword))[:KEYWORD_WORDS_MAX])


def measured_keyword(terms: Terms, index: PostIndex) -> Candidate | None:
    """The keyword's counts, None if no post of the window holds it."""
    posts = index.post_of_word[: max(0, len(index.word) - len(terms) + 1)][_runs(terms, index)]
    measured = measure(index, [terms], np.zeros(len(posts), np.int64), posts)
    return measured[0] if measured else None


def _runs(terms: Terms, index: PostIndex) -> Flags:
    """Where in the words of all posts the terms stand in a row within one post."""
    count = max(0, len(index.word) - len(terms) + 1)
    matches = np.ones(count, np.bool_)
    for offset, term in enumerate(terms):
        matches &= index.word[offset : offset + count] == index.word_ids.get(term, -1)
    same_post: Flags = index.post_of_word[:count] == index.post_of_word[len(terms) - 1 : len(terms) - 1 + count]
    return matches & same_post
