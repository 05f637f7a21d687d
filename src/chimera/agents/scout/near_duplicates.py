"""Copies are one mention: the same bag of words in one slot, near-equal titles, and one author's repeats."""

from collections.abc import Iterable, Mapping, Sequence

COPY_WORDS_MIN = 2
"""Titles of one word may be equal by chance; a picture posted to five communities is one mention."""
JACCARD_MIN = 0.8
LEADERS_MAX = 300


class Copies:
    """Remembers bags of words a slot and says whether one came before."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def is_copy(self, slot: int, words: Sequence[str]) -> bool:
        bag = frozenset(words)
        if len(bag) < COPY_WORDS_MIN:
            return False
        key = hash((slot, bag))
        if key in self._seen:
            return True
        self._seen.add(key)
        return False


def originals(posts: Iterable[int], words: Mapping[int, Sequence[str]], authors: Mapping[int, str]) -> list[int]:
    """Of `posts`, oldest first, those that are no near-copy (Jaccard 0.8) of one kept, and one an author.

    A post is compared with the latest 300 kept ones: work grows in proportion to the posts.
    """
    kept: list[int] = []
    bags: list[frozenset[str]] = []
    known_authors: set[str] = set()
    for post in posts:
        bag, author = frozenset(words[post]), authors[post]
        if (author and author in known_authors) or any(_near(bag, other) for other in bags[-LEADERS_MAX:]):
            continue
        kept.append(post)
        bags.append(bag)
        known_authors.add(author)
    return kept


def _near(bag: frozenset[str], other: frozenset[str]) -> bool:
    if len(bag) < COPY_WORDS_MIN or len(other) < COPY_WORDS_MIN:
        return False
    shared = len(bag & other)
    return shared >= JACCARD_MIN * (len(bag) + len(other) - shared)
