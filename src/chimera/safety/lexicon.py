"""Words, stems and phrases with a label each, found in a list of words in one pass."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from chimera.safety.normalise import fold, words

_STEM_CHARACTERS_MIN = 2


@dataclass(frozen=True, slots=True)
class Hit:
    """A term labelled `label` that stands at `words[start:end]`."""

    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Term:
    rest: tuple[str, ...]
    open_ended: bool
    label: str


class Lexicon:
    """Terms are folded like the texts they are looked for in; a trailing `*` stands for any ending."""

    def __init__(self, terms: Iterable[tuple[str, str]]) -> None:
        self._by_first_word: defaultdict[str, list[_Term]] = defaultdict(list)
        self._by_stem: defaultdict[str, list[str]] = defaultdict(list)
        for term, label in terms:
            first, *rest = words(fold(term.removesuffix("*")))
            if term.endswith("*") and not rest:
                self._by_stem[first].append(label)
            else:
                self._by_first_word[first].append(_Term(tuple(rest), term.endswith("*"), label))

    def hits(self, text_words: Sequence[str]) -> Iterator[Hit]:
        """Every term in the text; a place may carry several."""
        for start, word in enumerate(text_words):
            for term in self._by_first_word.get(word, ()):
                if _follows(term, text_words, start + 1):
                    yield Hit(term.label, start, start + 1 + len(term.rest))
            for end in range(_STEM_CHARACTERS_MIN, len(word) + 1):
                for label in self._by_stem.get(word[:end], ()):
                    yield Hit(label, start, start + 1)


def _follows(term: _Term, text_words: Sequence[str], start: int) -> bool:
    following = tuple(text_words[start : start + len(term.rest)])
    if following == term.rest:
        return True
    return (
        term.open_ended
        and len(following) == len(term.rest)
        and following[:-1] == term.rest[:-1]
        and following[-1].startswith(term.rest[-1])
    )
