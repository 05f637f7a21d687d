"""What a topic is called: the longest run of words that holds together and covers it, as people write it."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from math import log

from chimera.agents.scout.index import Integers, PostIndex, Terms
from chimera.agents.scout.topics import Topic
from chimera.sources.keywords import CALENDAR_WORDS
from chimera.sources.spelling import JOINING_WORDS

NAME_WORDS_MAX = 4
NAME_CHARACTERS_MAX = 80
COVERAGE_MIN = 0.4
NPMI_MIN = 0.3
COMPANION_SHARE_MIN = 0.5
"""A companion joins a one-word name only if at least half of the mentions hold it."""
_MARKUP = re.compile(r"<[^>]*>|&[#\w]{1,10};|[<>`*_~|\\{}\[\]]")
_KEPT_MARKS = frozenset("'’-–&.+#/ ")

Spelling = Callable[[Terms], str | None]


def name_terms(topic: Topic, index: PostIndex) -> Terms:
    """The words of the topic's name, in the order in which they are said."""
    if topic.is_asked_for:
        return topic.head.terms
    runs = _runs_around(topic, index)
    good = {run: count for run, count in runs.items() if _covers(count, topic) and _npmi(run, count, index) >= NPMI_MIN}
    best = max(good, key=lambda run: (_worth(run, good[run], topic, index), run), default=topic.head.terms)
    return _with_companion(best, topic, index) if len(best) == 1 else best


def display_name(terms: Terms, spelling: Spelling) -> str:
    """The name as a person would write it: as titles spell it, otherwise each word with a capital."""
    written = spelling(terms) if len(terms) > 1 else None
    if not written:
        written = " ".join(_word_name(term, spelling) for term in terms)
    return _as_title(clean_name(written)) or _as_title(clean_name(" ".join(terms)))


def clean_name(text: str) -> str:
    """Text of strangers made fit to show: no markup, control or direction marks, at most 80 characters."""
    plain = unicodedata.normalize("NFKC", _MARKUP.sub(" ", text[:1_000]))
    kept = "".join(
        char for char in plain if char.isalnum() or char in _KEPT_MARKS or unicodedata.category(char) == "Mn"
    )
    return re.sub(r"\s+", " ", kept).strip()[:NAME_CHARACTERS_MAX].strip()


def _as_title(name: str) -> str:
    """Capital first letters, but for joining words; own capitals (iPhone, IRS) stay, shouting does not."""
    words = name.split(" ")
    if len(words) > 1 and name.isupper() and name.replace(" ", "").isalpha():
        words = [word.capitalize() for word in words]
    return " ".join(
        word.lower()
        if place and word.lower() in JOINING_WORDS
        else word[:1].upper() + word[1:]
        if word.islower()
        else word
        for place, word in enumerate(words)
    )


def _word_name(term: str, spelling: Spelling) -> str:
    written = spelling((term,))
    if written and not written.islower():
        return written
    return term[:1].upper() + term[1:]


def _runs_around(topic: Topic, index: PostIndex) -> Counter[Terms]:
    """Runs of two to four words in the topic's posts that hold the head, with the number of posts of each."""
    head = {index.word_ids[term] for term in topic.head.terms}
    runs: Counter[Terms] = Counter()
    for post in topic.head.posts:
        words = [int(word) for word in index.words_of(int(post))]
        found = {
            tuple(words[start : start + length])
            for length in range(max(2, len(head)), NAME_WORDS_MAX + 1)
            for start in range(len(words) - length + 1)
        }
        runs.update(tuple(index.vocabulary[word] for word in run) for run in found if head <= set(run))
    return Counter({run: count for run, count in runs.items() if count > 1 and _may_be_a_name(run)})


def _may_be_a_name(run: Terms) -> bool:
    if run[0].isdigit() or (run[-1].isdigit() and 10 <= int(run[-1]) < 1900):
        return False  # "Half Life 2" and "E3 2013" are names, "Maine 27" is half a sentence
    return len(set(run)) == len(run) and not any(word in CALENDAR_WORDS for word in run)


def _covers(count: int, topic: Topic) -> bool:
    return count >= COVERAGE_MIN * topic.head.mentions


def _worth(run: Terms, count: int, topic: Topic, index: PostIndex) -> float:
    return _npmi(run, count, index) * (count / topic.head.mentions) * (1 + log(len(run)) / 2)


def _npmi(run: Terms, count: int, index: PostIndex) -> float:
    """Normalised pointwise mutual information of the run's words over the window's posts (Bouma, 2009)."""
    posts = max(index.counts.window, 2.0)
    together = log(count / posts)
    apart = sum(log(max(float(index.window_word_posts[index.word_ids[word]]), 1.0) / posts) for word in run)
    return (together - apart) / -(together * (len(run) - 1)) if together else 1.0


def _with_companion(name: Terms, topic: Topic, index: PostIndex) -> Terms:
    """A one-word name with the companion that most tells it from others, in the order in which they stand."""
    fit = [c for c in topic.companions if c.share >= COMPANION_SHARE_MIN]
    if not fit:
        return name
    word = max(fit, key=lambda c: (c.share * log(c.lift), c.word)).word
    before = sum(_stands_before(word, name[0], index.words_of(int(post)), index) for post in topic.head.posts)
    return (word, name[0]) if before > 0 else (name[0], word)


def _stands_before(first: str, second: str, words: Integers, index: PostIndex) -> int:
    """1 if `first` stands before `second`, -1 if after, 0 if one is missing."""
    order = [int(word) for word in words]
    a, b = index.word_ids[first], index.word_ids[second]
    if a not in order or b not in order:
        return 0
    return 1 if order.index(a) < order.index(b) else -1
