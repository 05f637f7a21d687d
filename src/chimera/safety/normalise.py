"""Text as a reader takes it: compatibility forms, look-alike letters, invisible characters, accents and case undone."""

import re
import unicodedata

LOOK_ALIKES = {
    # Cyrillic
    "а": "a", "в": "b", "с": "c", "ԁ": "d", "е": "e", "ё": "e", "һ": "h", "і": "i", "ї": "i", "ј": "j", "к": "k",
    "ӏ": "l", "м": "m", "п": "n", "о": "o", "р": "p", "ԛ": "q", "г": "r", "ѕ": "s", "т": "t", "ц": "u", "ѵ": "v",
    "ԝ": "w", "х": "x", "у": "y", "ү": "y", "з": "3", "н": "h", "б": "6", "я": "r", "и": "n",
    # Greek
    "α": "a", "β": "b", "ε": "e", "η": "n", "ι": "i", "κ": "k", "μ": "u", "ν": "v", "ο": "o", "ρ": "p",
    "σ": "o", "τ": "t", "υ": "u", "χ": "x", "ω": "w", "γ": "y", "ζ": "z", "δ": "d", "λ": "l",
    # Armenian, Cherokee and others often seen
    "ա": "w", "հ": "h", "ո": "n", "ս": "u", "օ": "o", "ց": "g", "զ": "q", "Ꭰ": "d", "Ꭱ": "e", "Ꭲ": "i",
    # Latin letters with strokes, small capitals and phonetic signs, which no decomposition undoes
    "ı": "i", "ɩ": "i", "ł": "l", "ƚ": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "p", "ħ": "h", "ŧ": "t", "ƀ": "b",
    "æ": "ae", "œ": "oe", "ß": "ss", "ɑ": "a", "ɡ": "g", "ɢ": "g", "ʀ": "r", "ʙ": "b", "ᴄ": "c", "ᴅ": "d",
    "ᴇ": "e", "ꜰ": "f", "ʜ": "h", "ɪ": "i", "ᴊ": "j", "ᴋ": "k", "ʟ": "l", "ᴍ": "m", "ɴ": "n", "ᴏ": "o",
    "ᴘ": "p", "ꜱ": "s", "ᴛ": "t", "ᴜ": "u", "ᴠ": "v", "ᴡ": "w", "ʏ": "y", "ᴢ": "z", "ᴀ": "a",
    "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'",
}  # fmt: skip
_LOOK_ALIKE_TABLE = str.maketrans(LOOK_ALIKES)
_LEET_TABLE = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a",
                             "$": "s", "!": "i", "|": "i", "€": "e", "+": "t"})  # fmt: skip
_INVISIBLE = frozenset({"Cf", "Cc", "Mn", "Me", "Cs", "Co", "Cn"})
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Fillers that count as letters or symbols and show nothing."""
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_SIGN = "a-z0-9@$!|€+"
_WRITTEN_WORD = re.compile(rf"[{_SIGN}]+")
_MASKED_WORD = re.compile(r"(?<![a-z*])[a-z]\*[a-z*]*[a-z](?![a-z*])|(?<![a-z*])[a-z]{2,}\*+[a-z]+(?![a-z*])")
_JOINER = re.compile(r"(?<=[a-z])[-._·~]{1,3}(?=[a-z])")
_SPACED_LETTERS = re.compile(rf"(?<![{_SIGN}])(?:[{_SIGN}][\s._*~/\\,-]{{1,3}}){{2,}}[{_SIGN}](?![{_SIGN}])")
_SEPARATORS = re.compile(r"[\s._*~/\\,-]")
_REPEATS = re.compile(r"([a-z])\1{2,}")


def visible(text: str) -> str:
    """`text` in NFKC without characters that show nothing, digits of every script as 0-9; case and spaces kept."""
    shown = (character for character in unicodedata.normalize("NFKC", text) if not _shows_nothing(character))
    return "".join(
        str(unicodedata.decimal(character)) if unicodedata.category(character) == "Nd" else character
        for character in shown
    )


def fold(text: str) -> str:
    """`text` visible, without accents, look-alike letters as Latin ones, in lower case, runs of space as one.

    Method: the skeleton idea of Unicode Technical Standard 39 section 4 with a table of our own.
    """
    decomposed = unicodedata.normalize("NFD", visible(text).casefold())
    bare = "".join(" " if character.isspace() else character for character in decomposed if not _is_mark(character))
    return _SPACE.sub(" ", bare.translate(_LOOK_ALIKE_TABLE)).strip()


def words(folded: str) -> list[str]:
    """The words of a folded text, in order; a possessive `'s` is left out."""
    return [word.removesuffix("'s") for word in _WORD.findall(folded)]


def readings(text: str) -> tuple[list[str], ...]:
    """The words a text may be read as: as written, signs as letters, joined over hyphens, stretches shortened."""
    folded = fold(text)
    plain = words(folded)
    leet = [word for written in _WRITTEN_WORD.findall(folded) for word in _leet_words(written)]
    joined = words(_JOINER.sub("", folded))
    once = [_REPEATS.sub(r"\1", word) for word in leet]
    twice = [_REPEATS.sub(r"\1\1", word) for word in leet]
    return plain, leet, joined, once, twice


def joined_letters(text: str) -> list[str]:
    """Runs of single letters written apart (`w o r d`, `w.o.r.d`), joined."""
    return [_SEPARATORS.sub("", run).translate(_LEET_TABLE) for run in _SPACED_LETTERS.findall(fold(text))]


def masked_words(text: str) -> list[str]:
    """Words with stars in place of letters (`w*rd`)."""
    return _MASKED_WORD.findall(fold(text))


def _leet_words(written: str) -> list[str]:
    """A written word with signs as letters; at its end `!` and `+` are punctuation. Numbers stay numbers."""
    word = written.rstrip("!+|")
    return words(word if word.isdigit() else word.translate(_LEET_TABLE))


def _shows_nothing(character: str) -> bool:
    if character.isspace():
        return False
    return character in _BLANK_LETTERS or unicodedata.category(character) in _INVISIBLE - {"Mn", "Me"}


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Me"}
