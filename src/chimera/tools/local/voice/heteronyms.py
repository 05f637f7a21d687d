"""Which pronunciation a word takes where the tables offer several, by simple rules on the words beside it. Pure."""

from collections.abc import Mapping

_BEFORE_VERB = frozenset({
    "to", "will", "would", "can", "could", "may", "might", "must", "should", "shall", "don't", "didn't", "doesn't",
    "won't", "can't", "cannot", "couldn't", "wouldn't", "i", "you", "we", "they", "who", "let's", "please", "and",
    "not", "also", "often", "never", "always", "i'll", "you'll", "we'll", "they'll",
})  # fmt: skip
_BEFORE_VERB_S = frozenset({
    "he", "she", "it", "who", "which", "that", "this", "nobody", "everybody", "everyone", "someone", "anyone",
})  # fmt: skip
_BEFORE_NOUN = frozenset({
    "the", "a", "an", "this", "that", "these", "those", "my", "your", "his", "her", "its", "our", "their", "of", "in",
    "on", "for", "from", "with", "by", "at", "no", "any", "some", "each", "every", "more", "most", "many", "few",
    "much", "new", "first", "last", "next", "another", "other", "one", "two", "three", "four", "five", "six", "seven",
    "eight", "nine", "ten", "hundred", "thousand", "million",
})  # fmt: skip
_BEFORE_ADJECTIVE = frozenset({
    "is", "are", "was", "were", "be", "been", "being", "very", "so", "too", "as", "quite", "how", "more", "most",
    "feel", "feels", "stay",
})  # fmt: skip
_HAVE_OR_BE = frozenset({
    "have", "has", "had", "having", "was", "were", "be", "been", "being", "is", "are", "get", "got", "i've", "we've",
    "they've", "you've",
})  # fmt: skip
_AMBIGUOUS_PAIRS = frozenset({"and", "not", "also"})


def part_of_speech(word: str, before: str, after: str, variants: Mapping[str, str | None]) -> str:
    """A key of `variants`. `before` and `after` are lower-case, empty at a pause."""
    if "None" in variants:
        return "None" if not after else "DEFAULT"
    if word == "used":
        return "VBD" if after == "to" else "DEFAULT"
    if word == "that":
        return "DT" if not after else "DEFAULT"
    if "VBN" in variants and before in _HAVE_OR_BE:
        return "VBN"
    return _open_class(word, before, variants)


def _open_class(word: str, before: str, variants: Mapping[str, str | None]) -> str:
    if "VERB" in variants and _is_verb(word, before):
        return "VERB"
    if "ADJ" in variants and before in _BEFORE_ADJECTIVE:
        return "ADJ"
    if "NOUN" in variants and variants["NOUN"] is not None and _is_noun(word, before):
        return "NOUN"
    return "DEFAULT"


def _is_verb(word: str, before: str) -> bool:
    if before in _AMBIGUOUS_PAIRS:
        return False
    return before in _BEFORE_VERB or (word.endswith("s") and before in _BEFORE_VERB_S)


def _is_noun(word: str, before: str) -> bool:
    if word in {"content", "contents"}:
        return before in _BEFORE_NOUN or before not in _BEFORE_ADJECTIVE
    return before in _BEFORE_NOUN
