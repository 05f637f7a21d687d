"""From written text to words that can be said: each token of the script keeps its own spoken words. Pure.

A token is what whitespace parts, since that is what captions show. "$4 million" is two tokens: four | million dollars.
"""

import re
import unicodedata
from dataclasses import dataclass

from chimera.tools.local.voice.abbreviations import ABBREVIATIONS, DOMAIN_ENDS, INNER_SIGNS, ROMAN, WHOLE_TOKENS
from chimera.tools.local.voice.quantities import SCALE_WORDS, Neighbours, currency_after, grouped, say_quantity

CLAUSE_MARKS = ",;:—…"
SENTENCE_MARKS = ".!?"

_LOOKALIKES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "–": "-", "−": "-", "‐": "-", "‑": "-", "⁄": "/"})
_OPENING = re.compile(r"^[^\w$€£¥₿#@+\-~≈±<>.°&%=/'§×÷→©®™]+|^[\"'(\[{*_]+(?=.)|^[.\-]+(?![\d.])(?=.)|^\.{2,}(?=.)")
_NO_CLOSING = re.compile(r"[\w%+°¢#/$€£&=@<>~§×÷→±≈©®™¥]")
_PIECES = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*|[^\w\s]", re.UNICODE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])|(?<=[a-z]{2})(?=[A-Z]{2,})")
_INITIALS = re.compile(r"(?:[A-Za-z]\.){1,6}[A-Za-z]\.?|[A-Z]\.")
_ROMAN_PATTERN = re.compile("|".join(ROMAN))


@dataclass(frozen=True, slots=True)
class WrittenWord:
    """One token of the script, the words that are said for it (none for a bare mark), and the pause mark after it."""

    text: str
    spoken: tuple[str, ...]
    mark: str


def spell_out(text: str) -> list[WrittenWord]:
    """Every token of `text`, in order; `[word.text for word in spell_out(text)] == text.split()`."""
    tokens = text.split()
    cleaned = [_plain_form(token) for token in tokens]
    cores = [_core(token) for token in cleaned]
    words: list[WrittenWord] = []
    for index, token in enumerate(tokens):
        near = Neighbours(
            cores[index - 1].lower() if index else "", cores[index + 1].lower() if index + 1 < len(cores) else ""
        )
        spoken = _say(cores[index], cleaned[index], near)
        if cores[index].lower() in SCALE_WORDS and index and (currency := currency_after(cores[index - 1])):
            spoken = [*spoken, currency]
        last = index + 1 == len(tokens)
        words.append(WrittenWord(token, tuple(spoken), _mark(cleaned[index], cores[index], near.after, last=last)))
    return words


def _plain_form(token: str) -> str:
    """The token with compatibility forms, look-alike dashes and quotes, and invisible characters resolved."""
    parted = "".join(_fraction_parted(token, index) for index in range(len(token)))
    normal = unicodedata.normalize("NFKC", parted).translate(_LOOKALIKES)
    return "".join(
        c for c in normal if unicodedata.category(c) not in {"Cf", "Cc", "Co", "Cn", "Cs"} and not c.isspace()
    )


def _fraction_parted(token: str, index: int) -> str:
    """A vulgar fraction after a figure is parted from it: one-and-a-half would otherwise become eleven halves."""
    character = token[index]
    after_figure = index > 0 and token[index - 1].isdigit()
    return (
        f"-{character}" if after_figure and unicodedata.decomposition(character).startswith("<fraction>") else character
    )


def _core(token: str) -> str:
    """The token without the marks around it."""
    if token in WHOLE_TOKENS or _INITIALS.fullmatch(token):
        return token
    if re.fullmatch(r"'\d0s\W*", token):
        return _without_closing(token)
    core = _without_closing(_OPENING.sub("", token))
    return re.sub(r"^[+\-~<>/=]+(?![\d.$€£¥₿<>])(?=.)", "", core)


def _without_closing(token: str) -> str:
    """The token up to its last character that is no closing mark; one look per character, however long the tail."""
    end = len(token)
    while end and not _NO_CLOSING.match(token[end - 1]):
        end -= 1
    return token[:end]


def _is_abbreviated(core: str, following: str) -> bool:
    """Whether the full stop after `core` only shortens it; "no." is short for number only before a figure."""
    word = core.lower()
    return word in {"vs", "approx"} or _abbreviation(core, Neighbours("", following)) is not None


def _mark(token: str, core: str, following: str, *, last: bool) -> str:
    tail = token[token.rfind(core) + len(core) :] if core else token
    if tail == "." and not last and _is_abbreviated(core, following):
        return ""
    if _INITIALS.fullmatch(core):
        return "." if last else ""
    if "..." in tail or "…" in tail:
        return "…"
    for character in reversed(tail):
        if character in SENTENCE_MARKS + CLAUSE_MARKS:
            return character
    if re.fullmatch(r"[-—]+", token) or tail.startswith("--"):
        return "—"
    return ""


def _say(core: str, token: str, near: Neighbours) -> list[str]:
    if whole := WHOLE_TOKENS.get(core) or WHOLE_TOKENS.get(core.lower().rstrip(".")):
        return whole.split()
    if f"{core}." in token and (short := _abbreviation(core, near)):
        return [short]
    if _INITIALS.fullmatch(core):
        return [letter.upper() for letter in core if letter != "."]
    if _ROMAN_PATTERN.fullmatch(core):
        return [ROMAN[core]]
    if not any(character.isdigit() for character in core):
        return _say_pieces(core)
    words = say_quantity(core, near)
    return words if words is not None else _say_hyphenated(core, near)


def _say_hyphenated(core: str, near: Neighbours) -> list[str]:
    """Figures within a compound: 20th-century, 1,204-word, COVID-19."""
    words: list[str] = []
    for part in core.split("-"):
        said = None if part.isdecimal() else say_quantity(part, near)
        words += _say_pieces(part) if said is None else said
    return words


def _abbreviation(core: str, near: Neighbours) -> str | None:
    if core.lower() == "no" and not near.after.isdigit():
        return None
    if core.lower() in {"mar", "est", "co", "rep", "gen", "sen", "fig"} and not core[0].isupper():
        return None
    return ABBREVIATIONS.get(core.lower())


def _say_pieces(core: str) -> list[str]:
    """A token of letters, figures and signs, piece by piece; words parted at hyphens, slashes and inner capitals."""
    address = re.sub(r"^[a-z]{2,6}://(www\.)?", "", core)
    slashed = address != core or re.match(r"^/?[ru]/", address) is not None
    pieces = _PIECES.findall(address.rstrip("/"))
    words: list[str] = []
    for index, piece in enumerate(pieces):
        words += _say_piece(piece, pieces[index + 1] if index + 1 < len(pieces) else "", slashed=slashed)
    return words


def _say_piece(piece: str, following: str, *, slashed: bool) -> list[str]:
    if piece[0].isdigit():
        plain = piece.replace(",", "")
        return grouped(plain) if plain.isdecimal() else [w for part in re.split(r"[.,]", piece) for w in grouped(part)]
    if piece[0].isalpha():
        return [part for part in _CAMEL.split(piece) if part]
    if piece == "." and following.lower() in DOMAIN_ENDS:
        return ["dot"]
    if piece == "/" and slashed and following:
        return ["slash"]
    if piece == "#" and following[:1].isalpha():
        return ["hashtag"]
    return INNER_SIGNS.get(piece, "").split()
