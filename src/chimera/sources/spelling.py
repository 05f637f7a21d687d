"""How people write what keywords name: `Margaret Thatcher`, `IRS`, `Game of Thrones`."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

from chimera.sources.keywords import keyword, keywords_of, plain_text, word_matches

SPELLING_CHARACTERS_MAX = 120
SHOUTED_SHARE = 0.7
_BETWEEN = re.compile(r"[\s\-–—&/.:']{1,3}")
JOINING_WORDS = frozenset(["a", "and", "at", "de", "for", "in", "la", "of", "on", "the", "to", "vs"])
_JOINED_WORDS_MAX = 2


def written_forms(title: str, words: tuple[str, ...]) -> Iterator[str]:
    """Each place of the title where `words` stand in order, as written, with at most two joining words between."""
    plain = plain_text(title)
    found = list(word_matches(plain))
    keys = [keyword(match.group()) for match in found]
    for start, key in enumerate(keys):
        if key == words[0] and (end := _end_of_run(keys, start, words)) is not None:
            surface = plain[found[start].start() : found[end].end()]
            if len(surface) <= SPELLING_CHARACTERS_MAX and _holds_together(plain, found[start : end + 1]):
                yield re.sub(r"['’]s$", "", re.sub(r"\s+", " ", surface))


def usual_spelling(titles: Iterable[str], words: tuple[str, ...]) -> str | None:
    """The most frequent way to write `words`; titles that shout or capitalise everything count only without others."""
    calm: Counter[str] = Counter()
    loud: Counter[str] = Counter()
    for title in titles:
        counter = loud if _is_loud(title) else calm
        counter.update(written_forms(title, words))
    counts = calm or loud
    return min(counts, key=lambda form: (-counts[form], form)) if counts else None


def _end_of_run(keys: list[str], start: int, words: tuple[str, ...]) -> int | None:
    position, joined = start, 0
    for word in words[1:]:
        position += 1
        while position < len(keys) and keys[position] != word and keys[position] in JOINING_WORDS:
            joined += 1
            position += 1
        if joined > _JOINED_WORDS_MAX or position >= len(keys) or keys[position] != word:
            return None
    return position


def _holds_together(plain: str, run: list[re.Match[str]]) -> bool:
    gaps = (plain[left.end() : right.start()] for left, right in pairwise(run))
    return all(_BETWEEN.fullmatch(gap) for gap in gaps)


def _is_loud(title: str) -> bool:
    """Whether capitals tell nothing: most content words begin with one."""
    words = [match.group() for match in word_matches(title) if keywords_of(match.group())]
    return len(words) > 2 and sum(word[0].isupper() for word in words) > SHOUTED_SHARE * len(words)
