"""A group of people and a hostile word near each other."""

import tomllib
from functools import cache
from importlib.resources import files

from chimera.safety.finding import Found, masked
from chimera.safety.lexicon import Lexicon
from chimera.safety.normalise import fold, words

_EXPLANATION = "a group of people and a hostile word stand near each other"
_WORDS_BETWEEN_MAX = 8
"""Further apart, the two words are seldom about each other."""


@cache
def _lexicon() -> Lexicon:
    document = tomllib.loads((files("chimera.safety") / "data" / "hostility.toml").read_text("utf-8"))
    return Lexicon((term, label) for label in ("groups", "hostile") for term in document[label])


def find_group_hostility(text: str) -> list[Found]:
    """At most one finding: the first place that may attack a group. It may as well defend it: a person reads it."""
    said = words(fold(text))
    hits = list(_lexicon().hits(said))
    hostile = [hit for hit in hits if hit.label == "hostile"]
    for group in hits:
        if group.label != "groups":
            continue
        for word in hostile:
            if word.start != group.start and abs(word.start - group.start) <= _WORDS_BETWEEN_MAX:
                excerpt = f"{' '.join(said[group.start : group.end])} ... {masked(said[word.start])}"
                return [Found("group_hostility", "group_and_hostile_word", excerpt, _EXPLANATION)]
    return []
