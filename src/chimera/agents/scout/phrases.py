"""What is said along with a topic: words and pairs of words that its posts share more than others do."""

from collections import Counter
from collections.abc import Sequence, Set
from itertools import pairwise

from chimera.agents.scout.index import PostIndex, Terms
from chimera.agents.scout.naming import Spelling, clean_name
from chimera.contracts.evidence import Share
from chimera.sources.keywords import CALENDAR_WORDS

PHRASES_MAX = 8
TOGETHER_MIN = 2
LIFT_MIN = 3.0
PAIR_SHARE_MIN = 0.6
"""A pair stands for its words when most posts with the rarer word hold the pair."""


def phrases_beside(mentions: Sequence[int], own: Set[str], index: PostIndex, spelling: Spelling) -> tuple[Share, ...]:
    """Up to eight words or pairs in at least two of the posts, without the topic's `own` words, most frequent first."""
    words: Counter[Terms] = Counter()
    pairs: Counter[Terms] = Counter()
    for post in mentions:
        said = index.posts[post].keywords.split(" ")
        words.update({(word,) for word in said if _fits(word, own)})
        neighbours = pairwise(said)
        pairs.update({(a, b) for a, b in neighbours if a != b and _fits(a, own) and _fits(b, own)})
    telling = Counter({w: n for w, n in words.items() if n >= TOGETHER_MIN and _lift(w[0], n, len(mentions), index)})
    chosen = _with_pairs(telling, pairs)
    ordered = sorted(chosen.items(), key=lambda item: (-item[1], item[0]))
    shown = ((_spelled(terms, spelling), count) for terms, count in ordered)
    return tuple(Share(name=name, mentions=count) for name, count in shown if name)[:PHRASES_MAX]


def _fits(word: str, own: Set[str]) -> bool:
    is_own = word in own or any(part in own for part in word.split("-"))
    return not is_own and word not in CALENDAR_WORDS and not word[0].isdigit() and len(word) > 1


def _lift(word: str, count: int, mentions: int, index: PostIndex) -> bool:
    chance = mentions * float(index.window_word_posts[index.word_ids[word]]) / max(index.counts.window, 1.0)
    return count >= LIFT_MIN * chance


def _with_pairs(words: Counter[Terms], pairs: Counter[Terms]) -> dict[Terms, int]:
    chosen: dict[Terms, int] = dict(words)
    for pair, count in sorted(pairs.items(), key=lambda item: (-item[1], item[0])):
        a, b = (pair[0],), (pair[1],)
        if a in chosen and b in chosen and count >= max(TOGETHER_MIN, PAIR_SHARE_MIN * min(chosen[a], chosen[b])):
            chosen[pair] = count
            for word in (a, b):
                if count >= PAIR_SHARE_MIN * chosen[word]:
                    del chosen[word]
    return chosen


def _spelled(terms: Terms, spelling: Spelling) -> str:
    return clean_name(spelling(terms) or " ".join(spelling((term,)) or term for term in terms))
