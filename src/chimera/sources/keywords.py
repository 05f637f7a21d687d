"""From a title to its keywords: lower-cased content words in order, without function words, tags and addresses."""

import html
import re
import unicodedata
from collections.abc import Iterator
from importlib.resources import files

TITLE_CHARACTERS_MAX = 1_000
KEYWORDS_MAX = 60
WORD_CHARACTERS_MAX = 40

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\b[\w-]+\.(?:com|org|net|co\.uk)\b\S*", re.IGNORECASE)
_TAG = re.compile(r"\[[^\[\]]{1,14}\]|</?\w{1,10}/?>")
_PART = r"[^\W_]+(?:['’][^\W_]+)*"
_WORD = re.compile(rf"(?<![\w-]){_PART}-{_PART}(?![\w-])|{_PART}")
_SIMPLE_WORD = re.compile(_PART)
_SIZE_OR_ORDINAL = re.compile(r"\d+[x-]\d+|\d+(?:st|nd|rd|th)|\d{5,}")


def _listed(name: str) -> frozenset[str]:
    return frozenset((files("chimera.sources") / "language" / name).read_text("utf-8").split())


# Function words of English (closed classes: determiners, pronouns, prepositions, conjunctions, auxiliaries, particles)
# and the light verbs and adverbs that carry no topic of their own.
STOP_WORDS = _listed("function_words.txt")

# The calendar's own words: they rise every week, month or evening without anything having happened.
CALENDAR_WORDS = _listed("calendar_words.txt")


def keywords_of(text: str) -> tuple[str, ...]:
    """The content words of `text` in order, at most 60, each at most 40 characters."""
    plain = plain_text(text)
    if "." in plain or "://" in plain:
        plain = _ADDRESS.sub(" ", plain)
    if "[" in plain or "<" in plain:
        plain = _TAG.sub(" | ", plain)
    kept = [word for word in words_of(plain) if _carries_a_topic(word)]
    return tuple(kept[:KEYWORDS_MAX])


def plain_text(text: str) -> str:
    """At most 1,000 characters, without HTML entities, in Unicode's compatibility form."""
    cut = text[:TITLE_CHARACTERS_MAX]
    plain = html.unescape(cut) if "&" in cut else cut
    return plain if plain.isascii() else unicodedata.normalize("NFKC", plain)


def words_of(plain: str) -> list[str]:
    """Every word of `plain`, lower-cased, without the possessive ending."""
    return [keyword(match.group()) for match in word_matches(plain)]


def word_matches(plain: str) -> Iterator[re.Match[str]]:
    """Words as they stand; two parts joined by a hyphen are one word (`pre-order`), longer chains are not."""
    return (_WORD if "-" in plain else _SIMPLE_WORD).finditer(plain)


def keyword(word: str) -> str:
    """A word in the form in which it is counted."""
    plain = word.lower()
    if plain.isalnum():
        return plain
    plain = plain.replace("’", "'")
    return plain if plain in STOP_WORDS else plain.removesuffix("'s")


def _carries_a_topic(word: str) -> bool:
    if word in STOP_WORDS or len(word) > WORD_CHARACTERS_MAX:
        return False
    if "-" in word and STOP_WORDS.issuperset(word.split("-")):
        return False
    if word[0].isdigit() and _SIZE_OR_ORDINAL.fullmatch(word):
        return False
    return len(word) > 1 or word.isdigit()
