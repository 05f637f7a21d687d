"""Whether two trends are one event, by their names' words, the words said along with them, and their posts."""

import re
from dataclasses import dataclass

SAME_EVENT_DAYS = 7
"""How far apart in `as_of` two trends may be and still be compared."""
WORD_OVERLAP_MIN = 0.5
NAMED_ALONG_MIN = 0.5
"""The share of a name's words that stand among what is said along with the other."""
POST_OVERLAP_MIN = 1 / 3
_EMPTY_WORDS = frozenset(
    ["a", "an", "and", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with"]
)


@dataclass(frozen=True, slots=True)
class EventTrace:
    """What an event is known by: its topic's words, its strongest posts' addresses, the words said along with it."""

    words: frozenset[str]
    posts: frozenset[str]
    along: frozenset[str]


def event_trace(topic: str, posts: tuple[str, ...], phrases: tuple[str, ...] = ()) -> EventTrace:
    """The trace of a topic; words without case, plural s, and little words."""
    return EventTrace(_words(topic), frozenset(posts), frozenset[str]().union(*map(_words, phrases)))


def same_event(one: EventTrace, other: EventTrace) -> bool:
    """One event: half of the words of both names are shared, a name lies wholly in the other, half of a name is said
    along with the other while both are said along with a third word, or posts overlap.

    Posts overlap where at least a third of the smaller set stands in the other.
    """
    shared = len(one.words & other.words)
    if shared and (
        shared == min(len(one.words), len(other.words)) or shared / len(one.words | other.words) >= WORD_OVERLAP_MIN
    ):
        return True
    if _named_along(one, other) or _named_along(other, one):
        return True
    fewest = min(len(one.posts), len(other.posts))
    return fewest > 0 and len(one.posts & other.posts) / fewest >= POST_OVERLAP_MIN


def _named_along(one: EventTrace, other: EventTrace) -> bool:
    if not one.words or not (one.along - other.words) & (other.along - one.words):
        return False
    return len(one.words & other.along) / len(one.words) >= NAMED_ALONG_MIN


def _words(text: str) -> frozenset[str]:
    words = (word.removesuffix("'s") for word in re.findall(r"[\w']+", text.casefold()))
    return frozenset(_singular(word) for word in words if word not in _EMPTY_WORDS)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
