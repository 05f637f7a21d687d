"""The last resort for a word no table knows: rules from letters to sounds, so that no word is ever silent. Pure."""

import re
import unicodedata

_LETTERS = {"ß": "ss", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "þ": "th", "ð": "th", "œ": "oe", "ı": "i", "ħ": "h"}

_GRAPHEMES = {
    "tion": "ʃən", "sion": "ʒən", "eigh": "A", "ough": "O", "augh": "ɔ", "tch": "ʧ", "sch": "sk", "igh": "I",
    "dge": "ʤ", "ture": "ʧəɹ", "cious": "ʃəs", "tious": "ʃəs", "air": "ɛɹ", "ear": "ɪɹ", "eer": "ɪɹ", "oor": "ɔɹ",
    "our": "ɔɹ", "ch": "ʧ", "sh": "ʃ", "th": "θ", "ph": "f", "wh": "w", "ck": "k", "qu": "kw", "ng": "ŋ", "nk": "ŋk",
    "gh": "ɡ", "kh": "k", "zh": "ʒ", "ee": "i", "ea": "i", "oo": "u", "ou": "W", "ow": "O", "oi": "Y", "oy": "Y",
    "ai": "A", "ay": "A", "au": "ɔ", "aw": "ɔ", "ei": "A", "ey": "i", "ie": "i", "ue": "u", "ew": "u", "oa": "O",
    "oe": "O", "ar": "ɑɹ", "or": "ɔɹ", "er": "əɹ", "ir": "ɜɹ", "ur": "ɜɹ", "ce": "sɛ", "ci": "sɪ", "cy": "si",
    "ge": "ʤɛ", "gi": "ʤɪ", "a": "æ", "b": "b", "c": "k", "d": "d", "e": "ɛ", "f": "f", "g": "ɡ", "h": "h", "i": "ɪ",
    "j": "ʤ", "k": "k", "l": "l", "m": "m", "n": "n", "o": "ɑ", "p": "p", "q": "k", "r": "ɹ", "s": "s", "t": "t",
    "u": "ʌ", "v": "v", "w": "w", "x": "ks", "y": "i", "z": "z",
}  # fmt: skip
_STARTS = {"kn": "n", "wr": "ɹ", "ps": "s", "gn": "n", "y": "j", "x": "z", "mc": "mək"}
_ENDS = {"a": "ə", "o": "O", "i": "i", "u": "u", "e": "", "es": "z", "le": "ᵊl", "ous": "əs", "us": "əs", "y": "i"}
_LONG = {"a": "A", "e": "i", "i": "I", "o": "O", "u": "u", "y": "I"}
_SOFT_ENDS = {"ce": "s", "ge": "ʤ", "se": "z"}
_GRAPHEME_MAX = max(map(len, _GRAPHEMES))
_VOWEL = re.compile("[AIOWYiuæɑəɛɪʊʌɔɜᵊ]")
_STRESSABLE = re.compile("[AIOWYiuæɑɛɪʊʌɔɜ]")
_MAGIC_E = re.compile(r"([aeiouy])([bcdfgklmnprstvz])e")


def latin(word: str) -> str:
    """The word in plain a-z: accents dropped, letters of other scripts by their Unicode names (a kana KA is "ka")."""
    pieces = []
    for character in unicodedata.normalize("NFKD", word.lower()):
        if character.isascii():
            pieces.append(character if character.isalpha() else "")
        elif character in _LETTERS:
            pieces.append(_LETTERS[character])
        elif character.isalpha():
            pieces.append(_by_name(character))
    return "".join(pieces)


def _by_name(letter: str) -> str:
    name = unicodedata.name(letter, "")
    if match := re.search(r"(?:LETTER|SYLLABLE)(?: SMALL| FINAL| SHORT)? ([A-Z]+)", name):
        return match[1].lower()
    return "sign"


def sound_out(word: str) -> str:
    """Kokoro symbols for any word of a-z, stress on its first full vowel; never empty for a word that has a letter."""
    rest, sounds = word, ""
    for start, sound in _STARTS.items():
        if rest.startswith(start) and len(rest) > len(start):
            rest, sounds = rest[len(start) :], sound
            break
    while rest:
        taken, sound = _next_sound(rest, spoken=bool(_VOWEL.search(sounds)))
        rest, sounds = rest[taken:], sounds + sound
    return _STRESSABLE.sub(lambda match: "ˈ" + match[0], sounds, count=1)


def _next_sound(rest: str, *, spoken: bool) -> tuple[int, str]:
    """How many letters the next sound takes, and its symbols; `spoken` tells that a vowel has been heard."""
    if spoken and rest in _ENDS:
        return len(rest), _ENDS[rest]
    if spoken and rest in _SOFT_ENDS:
        return len(rest), _SOFT_ENDS[rest]
    if (match := _MAGIC_E.match(rest)) and (len(rest) == 3 or rest[3:] == "s"):
        return len(rest), _LONG[match[1]] + _consonant(match[2]) + ("s" if rest.endswith("s") else "")
    if len(rest) > 1 and rest[0] == rest[1] and rest[0] not in "aeiou":
        return 2, _GRAPHEMES[rest[0]]
    for length in range(min(_GRAPHEME_MAX, len(rest)), 0, -1):
        if rest[:length] in _GRAPHEMES:
            return length, _GRAPHEMES[rest[:length]]
    return 1, ""


def _consonant(letter: str) -> str:
    return {"c": "s", "g": "ʤ", "s": "z"}.get(letter, _GRAPHEMES[letter])
