"""A keyword somebody asks for, as a topic: the posts that match it, measured like any other.

A post matches if its words hold the keyword's in a row (the last one also in its plural or singular), or if it stands
in a community of that name.
"""

from collections.abc import Sequence

import numpy as np

from chimera.agents.scout.candidates import Candidate, measure
from chimera.agents.scout.companions import companions_of
from chimera.agents.scout.index import Flags, Integers, PostIndex, Terms
from chimera.agents.scout.topics import Topic
from chimera.sources.keywords import keywords_of, words_of

KEYWORD_WORDS_MAX = 5
MENTIONS_MIN = 3


def keyword_topics(keywords: Sequence[str], index: PostIndex) -> list[Topic]:
    """One topic for each keyword with at least 3 mentions in the window, the fastest first."""
    wanted = dict.fromkeys(terms for keyword in keywords if (terms := keyword_terms(keyword)))
    found = [candidate for terms in wanted if (candidate := measured_keyword(terms, index)) is not None]
    rising = sorted(found, key=lambda c: (-c.doublings, -c.mentions, c.terms))
    return [Topic(c, tuple(companions_of(c, index)), is_asked_for=True) for c in rising if c.mentions >= MENTIONS_MIN]


def keyword_terms(keyword: str) -> Terms:
    """The words to look for: the keyword's content words, or all of its words where it has none."""
    return tuple((keywords_of(keyword) or words_of(keyword))[:KEYWORD_WORDS_MAX])


def measured_keyword(terms: Terms, index: PostIndex) -> Candidate | None:
    """The keyword's counts, None if no post of the window matches."""
    count = max(0, len(index.word) - len(terms) + 1)
    in_words = index.post_of_word[:count][_runs(terms, index, count)]
    posts = np.union1d(in_words, _posts_of_community("".join(terms), index))
    measured = measure(index, [terms], np.zeros(len(posts), np.int64), posts)
    return measured[0] if measured else None


def forms_of(word: str) -> tuple[str, ...]:
    """A word with its regular plural, or singular."""
    if word.endswith("s") and len(word) > 3:
        return word, word[:-1]
    return word, f"{word}s"


def _runs(terms: Terms, index: PostIndex, count: int) -> Flags:
    """Where in the words of all posts the terms stand in a row within one post."""
    matches = np.ones(count, np.bool_)
    for offset, term in enumerate(terms):
        forms = forms_of(term) if offset == len(terms) - 1 else (term,)
        wanted = [index.word_ids.get(form, -1) for form in forms]
        matches &= np.isin(index.word[offset : offset + count], wanted)
    same_post: Flags = index.post_of_word[:count] == index.post_of_word[len(terms) - 1 : len(terms) - 1 + count]
    return matches & same_post


def _posts_of_community(name: str, index: PostIndex) -> Integers:
    return np.array([n for n, post in enumerate(index.posts) if _letters(post.community) == _letters(name)], np.int64)


def _letters(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())
