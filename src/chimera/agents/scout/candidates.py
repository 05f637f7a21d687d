"""Which words and runs of up to three words stand out in the window: counts against the baseline, for all at once."""

from dataclasses import dataclass

import numpy as np

from chimera.agents.scout.index import GRAM_WORDS_MAX, Integers, PostIndex, Terms
from chimera.agents.scout.rising import Numbers, expected_mentions, lower_doublings, significance
from chimera.sources.keywords import CALENDAR_WORDS

MENTIONS_MIN = 4
VOICES_MIN = 3
"""An event is told in several communities; what stays in one or two is that community's own habit."""
VOICE_MENTIONS_MAX = 3
"""More mentions than this from one voice add nothing to the significance."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Terms that must all stand in a post, with what was seen and expected of them. `posts` are window posts."""

    terms: Terms
    posts: Integers
    mentions: int
    voices: int
    expected: float
    doublings: float
    z: float
    baseline_posts: Integers


def find_candidates(index: PostIndex) -> list[Candidate]:
    """Every run of one to three words with at least 4 mentions by 3 voices, calendar words left out."""
    return [candidate for length in range(1, GRAM_WORDS_MAX + 1) for candidate in _of_length(index, length)]


def _of_length(index: PostIndex, length: int) -> list[Candidate]:
    codes, posts = index.grams(length)
    if not len(codes):
        return []
    inside = index.in_window[posts]
    chosen = _frequent(codes[inside], index, posts[inside])
    chosen = np.array([code for code in chosen if _may_be_a_topic(index.terms_of(int(code), length))], np.int64)
    place = np.searchsorted(chosen, codes)
    place[place == len(chosen)] = 0
    hit = (chosen[place] == codes) if len(chosen) else np.zeros(len(codes), bool)
    return measure(index, [index.terms_of(int(code), length) for code in chosen], place[hit], posts[hit])


def measure(index: PostIndex, terms: list[Terms], group: Integers, posts: Integers) -> list[Candidate]:
    """The candidates for `terms`; `group[i]` says which of them the post `posts[i]` holds."""
    group, posts = _once_a_unit(index, group, posts)
    inside = index.in_window[posts]
    size = len(terms)
    mentions = np.bincount(group[inside], minlength=size)
    voices, capped = _voices(index, group[inside], posts[inside], size)
    slots = _slot_counts(index, group[~inside], posts[~inside], size)
    before = np.bincount(group[~inside], minlength=size).astype(float)
    expected = expected_mentions(slots.sum(axis=1), float(index.posts_by_slot[1:].sum()), before, index.counts)
    doublings = lower_doublings(mentions.astype(float), expected, index.counts)
    z = significance(capped, _scaled(slots, index))
    window_posts, baseline_posts = (
        _split(group[inside], posts[inside], size),
        _split(group[~inside], posts[~inside], size),
    )
    return [
        Candidate(
            terms[i], window_posts[i], int(mentions[i]), int(voices[i]), float(expected[i]), float(doublings[i]),
            float(z[i]), baseline_posts[i],
        )
        for i in range(size)
        if mentions[i]
    ]  # fmt: skip


def _frequent(codes: Integers, index: PostIndex, posts: Integers) -> Integers:
    """Codes said at least 4 times by at least 3 voices."""
    order = np.lexsort((posts, codes))
    codes, posts = codes[order], posts[order]
    values, inverse = np.unique(codes, return_inverse=True)
    pairs = np.unique(inverse * len(index.posts) + posts)
    by_voice = np.unique((pairs // len(index.posts)) * len(index.posts) + index.voice[pairs % len(index.posts)])
    mentions = np.bincount(pairs // len(index.posts), minlength=len(values))
    voices = np.bincount(by_voice // len(index.posts), minlength=len(values))
    frequent: Integers = values[(mentions >= MENTIONS_MIN) & (voices >= VOICES_MIN)]
    return frequent


def _may_be_a_topic(terms: Terms) -> bool:
    return not any(term in CALENDAR_WORDS for term in terms) and not terms[0].isdigit()


def _once_a_unit(index: PostIndex, group: Integers, posts: Integers) -> tuple[Integers, Integers]:
    """Keep the first post of each unit (author, or post) in each slot for each group; posts stay in time order."""
    keys = np.stack([group, index.slot[posts], index.unit[posts]])
    order = np.lexsort((posts, *keys[::-1]))
    keys = keys[:, order]
    first = np.ones(len(order), bool)
    first[1:] = (keys[:, 1:] != keys[:, :-1]).any(axis=0)
    kept = order[first]
    kept = kept[np.lexsort((posts[kept], group[kept]))]
    return group[kept], posts[kept]


def _voices(index: PostIndex, group: Integers, posts: Integers, size: int) -> tuple[Integers, Numbers]:
    span = len(index.posts) + 1
    pairs, counts = np.unique(group * span + index.voice[posts], return_counts=True)
    capped = np.bincount(pairs // span, weights=np.minimum(counts, VOICE_MENTIONS_MAX), minlength=size)
    return np.bincount(pairs // span, minlength=size).astype(np.int64), capped.astype(np.float64)


def _slot_counts(index: PostIndex, group: Integers, posts: Integers, size: int) -> Numbers:
    """One row a group, one column a whole earlier slot, oldest first; only the window's time of day."""
    slot = index.slot[posts]
    good = index.aligned[posts] & (slot >= 1) & (slot <= index.slots)
    flat = np.bincount(group[good] * index.slots + (index.slots - slot[good]), minlength=size * index.slots)
    return flat.reshape(size, index.slots).astype(float)


def _scaled(slots: Numbers, index: PostIndex) -> Numbers:
    posts = index.posts_by_slot[1:][::-1].astype(float)
    scaled: Numbers = slots * (index.counts.window / np.maximum(posts, 1.0))
    return scaled


def _split(group: Integers, posts: Integers, size: int) -> list[Integers]:
    return np.split(posts, np.cumsum(np.bincount(group, minlength=size))[:-1]) if size else []
