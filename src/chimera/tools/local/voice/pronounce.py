"""From spoken words to Kokoro's phoneme symbols, with what their neighbours change: articles, heteronyms, acronyms."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chimera.tools.local.voice.heteronyms import part_of_speech
from chimera.tools.local.voice.lexicon import Lexicon
from chimera.tools.local.voice.spelling import latin, sound_out
from chimera.tools.local.voice.suffixes import inflected, plural

_VOWELS = frozenset("AIOQWYaiuæɑɒɔəɛɜɪʊʌᵻᵊ")
_STRESS = "ˈˌ"
_MODEL_LACKS = str.maketrans({"ɾ": "T", "ʔ": "t"})
"""The two symbols of the tables that the model writes otherwise."""

_PLURAL_ACRONYM = re.compile(r"[A-Z]{2,5}s")
_LETTERS_AT_MOST = 5
_ALWAYS_LETTERS = 3
_SPELLED = frozenset({"US", "IT", "ID", "AA", "HM"})
_COMPOUND_LETTERS_MAX = 32
_COMPOUND_PARTS_MAX = 4
_SHORT_PARTS = frozenset(
    {"of", "to", "in", "my", "is", "me", "we", "no", "on", "up", "it", "at", "by", "or", "go", "do"}
)
_SOUNDED_LETTERS_MAX = 60
"""A longer run of unknown letters is no word; what lies beyond is left out of its sound."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One word to say: what it is, and whether a pause follows it."""

    word: str
    pause_follows: bool


def pronounce(utterances: Sequence[Utterance], lexicon: Lexicon) -> list[str]:
    """Symbols of each word in order, none of them empty. Runs backwards, since "the" and "to" hear the next word."""
    shouting = _is_shouting(utterances)
    words = [item.word.lower() if shouting else item.word for item in utterances]
    sounds = [""] * len(words)
    for index in range(len(words) - 1, -1, -1):
        pause = utterances[index].pause_follows or index + 1 == len(words)
        following = None if pause else _starts_with_vowel(sounds[index + 1])
        before = words[index - 1].lower() if index and not utterances[index - 1].pause_follows else ""
        after = "" if pause else words[index + 1].lower()
        said = _function_word(words[index], following) or _word(words[index], before, after, lexicon)
        sounds[index] = said.translate(_MODEL_LACKS)
    return sounds


def _is_shouting(utterances: Sequence[Utterance]) -> bool:
    """A text mostly in capitals is shouting, not acronyms."""
    long = [item.word for item in utterances if len(item.word) > 1 and item.word.isalpha()]
    return len(long) >= 4 and sum(word.isupper() for word in long) > 0.6 * len(long)


def _starts_with_vowel(sounds: str) -> bool:
    return sounds.lstrip(_STRESS)[:1] in _VOWELS


def _function_word(word: str, vowel_follows: bool | None) -> str | None:
    match word:
        case "the" | "The":
            return "ði" if vowel_follows else "ðə"
        case "a":
            return "ɐ"
        case "an" | "An":
            return "ɐn"
        case "to" | "To" if vowel_follows is not None:
            return "tʊ" if vowel_follows else "tə"
        case "in" | "In" if vowel_follows is not None:
            return "ɪn"
        case "I":
            return "ˌI"
        case _:
            return None


def _word(word: str, before: str, after: str, lexicon: Lexicon) -> str:
    if word == "A" and after and len(after) > 1:
        return "ɐ"
    if len(word) > 1 and word.isupper() and word.isascii() and _is_acronym(word, before, lexicon):
        return letter_names(word, lexicon)
    if (
        _PLURAL_ACRONYM.fullmatch(word)
        and not lexicon.written_exactly(word)
        and _is_acronym(word[:-1], before, lexicon)
    ):
        return plural(letter_names(word[:-1], lexicon))
    variants = lexicon.variants(word)
    if variants is None:
        return _unlisted(word, lexicon)
    tag = part_of_speech(word.lower(), before, after, variants)
    return variants.get(tag) or variants.get("DEFAULT") or letter_names(word, lexicon)


def _is_acronym(word: str, before: str, lexicon: Lexicon) -> bool:
    """Capitals that no table knows as a word (API), or that the tables mark as spelled when a noun: the US, the WHO."""
    entry = lexicon.variants(word)
    if entry is None:
        return len(word) <= _ALWAYS_LETTERS or (len(word) <= _LETTERS_AT_MOST and lexicon.cmu(word) is None)
    if lexicon.written_exactly(word):
        return entry.get("NOUN", "") is None and (before == "the" or word in _SPELLED)
    rare = word.lower() not in lexicon.gold and word.capitalize() not in lexicon.gold
    return (rare and len(word) <= 4) or (len(word) <= _ALWAYS_LETTERS and "ˈ" not in (entry.get("DEFAULT") or ""))


def letter_names(word: str, lexicon: Lexicon) -> str:
    """The names of the letters in one run, the last one stressed most, as in "GDP"."""
    names = [lexicon.gold[letter] for letter in latin(word).upper() if isinstance(lexicon.gold.get(letter), str)]
    run = "".join(str(name) for name in names).replace("ˈ", "ˌ")
    head, mark, tail = run.rpartition("ˌ")
    return f"{head}ˈ{tail}" if mark else run


def _unlisted(word: str, lexicon: Lexicon) -> str:
    """What no table lists: inflection, CMUdict, two known words in one, letter names, at last letter to sound."""
    plain = _plain(word)
    if not plain.strip("'"):
        return "sˈIn"
    return (
        known_sounds(plain, lexicon)
        or inflected(plain, lambda stem: sound_out(latin(stem)) if len(stem) > 2 else None)
        or sound_out(latin(plain)[:_SOUNDED_LETTERS_MAX])
        or letter_names(plain, lexicon)
    )


def _plain(word: str) -> str:
    return re.sub(r"[^a-z']", "", word.lower()) if word.isascii() else latin(word)


def known_sounds(word: str, lexicon: Lexicon) -> str | None:
    """The sounds of a lower-case word by anything surer than rules from letters to sounds, otherwise None."""
    return (
        _listed(word, lexicon)
        or inflected(word, lambda stem: _listed(stem, lexicon))
        or lexicon.cmu(word)
        or inflected(word, lexicon.cmu)
        or _compound(word, lexicon)
        or _spelled(word, lexicon)
    )


def _listed(word: str, lexicon: Lexicon) -> str | None:
    variants = lexicon.variants(word) if len(word) > 1 else None
    return variants.get("DEFAULT") if variants else None


def _compound(word: str, lexicon: Lexicon) -> str | None:
    """The word as the fewest known words in a row, the longest last: block|chain, change|my|view."""
    if not 5 <= len(word) <= _COMPOUND_LETTERS_MAX or "'" in word:
        return None
    best: list[tuple[str, ...] | None] = [()] + [None] * len(word)
    for end in range(2, len(word) + 1):
        for start in range(end - 1):
            before = best[start]
            if before is None or len(before) >= _COMPOUND_PARTS_MAX:
                continue
            fewer = best[end] is None or len(before) + 1 < len(best[end] or ())
            if fewer and (sounds := _part(word[start:end], lexicon)):
                best[end] = (*before, sounds)
    parts = best[len(word)]
    return parts[0] + "".join(part.replace("ˈ", "ˌ") for part in parts[1:]) if parts else None


def _part(word: str, lexicon: Lexicon) -> str | None:
    if len(word) == 2 and word not in _SHORT_PARTS:
        return None
    return _listed(word, lexicon) or (inflected(word, lambda stem: _listed(stem, lexicon)) if len(word) > 3 else None)


def _spelled(word: str, lexicon: Lexicon) -> str | None:
    """Letter names of what can't be a word: nothing to sing, or two letters only."""
    letters = word.replace("'", "")
    if len(letters) > 2 and re.search("[aeiouy]", letters):
        return None
    return letter_names(letters[:_SOUNDED_LETTERS_MAX], lexicon)
