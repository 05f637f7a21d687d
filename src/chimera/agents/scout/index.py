"""Posts as arrays: words as numbers, each post's slot of time and voice, copies left out; answers come from here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from chimera.agents.scout.near_duplicates import Copies
from chimera.agents.scout.rising import PostCounts
from chimera.agents.scout.window import Window
from chimera.sources.post import Post

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Terms = tuple[str, ...]

GRAM_WORDS_MAX = 3


@dataclass(frozen=True)
class PostIndex:
    """`slot` is 0 for the window and counts back from it; `aligned` marks posts at the window's time of day.

    `voice` is the community where the source has communities, otherwise the author, otherwise the post itself.
    `unit` is what counts once a slot and term: the author where known, otherwise the post.
    """

    posts: Sequence[Post]
    times: Integers
    slot: Integers
    aligned: Flags
    voice: Integers
    unit: Integers
    word: Integers
    post_of_word: Integers
    word_start: Integers
    vocabulary: list[str]
    word_ids: dict[str, int]
    slots: int

    @cached_property
    def in_window(self) -> Flags:
        inside: Flags = (self.slot == 0) & self.aligned
        return inside

    @cached_property
    def posts_by_slot(self) -> Integers:
        """Posts at the window's time of day, one number a slot, the window's first."""
        return np.bincount(self.slot[self.aligned & (self.slot <= self.slots)], minlength=self.slots + 1)

    @cached_property
    def counts(self) -> PostCounts:
        return PostCounts(float(self.in_window.sum()), float((~self.in_window).sum()))

    @cached_property
    def window_word_posts(self) -> Integers:
        """In how many of the window's posts each word stands."""
        inside = self.in_window[self.post_of_word]
        pairs = np.unique(self.word[inside] * len(self.posts) + self.post_of_word[inside])
        return np.bincount(pairs // max(len(self.posts), 1), minlength=len(self.vocabulary))

    def grams(self, length: int) -> tuple[Integers, Integers]:
        """Codes of all runs of `length` words, and the post of each."""
        size, count = len(self.vocabulary), len(self.word) - length + 1
        if count <= 0:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        same = self.post_of_word[:count] == self.post_of_word[length - 1 :]
        code = np.zeros(count, np.int64)
        for offset in range(length):
            code = code * size + self.word[offset : offset + count]
        return code[same], self.post_of_word[:count][same]

    def terms_of(self, code: int, length: int) -> Terms:
        """The words of a code."""
        words: list[str] = []
        for _ in range(length):
            code, word = divmod(code, len(self.vocabulary))
            words.append(self.vocabulary[word])
        return tuple(reversed(words))

    def words_of(self, post: int) -> Integers:
        """Word numbers of one post, in order."""
        return self.word[self.word_start[post] : self.word_start[post + 1]]


def build_index(posts: Sequence[Post], window: Window) -> PostIndex:
    """The index of the posts of a window and its baseline, without copies; `posts` must be oldest first."""
    end, step, length = window.end.timestamp(), window.slot.total_seconds(), window.length.total_seconds()
    kept = list(_without_copies(posts, end, step))
    times = np.fromiter((post.created for post in kept), np.int64, len(kept))
    age = np.int64(end) - 1 - times
    word_ids: dict[str, int] = {}
    words = " ".join(post.keywords for post in kept).split(" ") if kept else []
    word = np.fromiter((word_ids.setdefault(w, len(word_ids)) for w in words), np.int64, len(words))
    lengths = np.fromiter((post.keywords.count(" ") + 1 for post in kept), np.int64, len(kept))
    covered = (end - int(times[0])) if len(times) else 0.0
    return PostIndex(
        posts=kept,
        times=times,
        slot=age // np.int64(step),
        aligned=(age % np.int64(step)) < np.int64(length),
        voice=_voices(kept),
        unit=_units(kept),
        word=word,
        post_of_word=np.repeat(np.arange(len(kept), dtype=np.int64), lengths),
        word_start=np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]),
        vocabulary=list(word_ids),
        word_ids=word_ids,
        slots=max(0, int((covered - length) // step)),
    )


def _without_copies(posts: Sequence[Post], end: float, step: float) -> Iterator[Post]:
    copies = Copies()
    return (
        post
        for post in posts
        if post.keywords and not copies.is_copy(int((end - 1 - post.created) // step), post.keywords.split(" "))
    )


def _numbered(names: Iterator[str]) -> Integers:
    numbers: dict[str, int] = {}
    return np.fromiter((numbers.setdefault(name, len(numbers)) for name in names), np.int64)


def _voices(posts: Sequence[Post]) -> Integers:
    if any(post.community for post in posts):
        return _numbered(post.community for post in posts)
    return _units(posts)


def _units(posts: Sequence[Post]) -> Integers:
    return _numbered(post.author or f"\0{number}" for number, post in enumerate(posts))
