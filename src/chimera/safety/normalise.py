"""Text as a reader takes it: compatibility forms, look-alike letters, invisible characters, accents and case undone."""

import re
import unicodedata

_LOOK_ALIKES = {
    # Cyrillic
    "а": "a", "в": "b", "с": "c", "ԁ": "d", "е": "e", "ё": "e", "һ": "h", "і": "i", "ї": "i", "ј": "j", "к": "k",
    "ӏ": "l", "м": "m", "п": "n", "о": "o", "р": "p", "ԛ": "q", "г": "r", "ѕ": "s", "т": "t", "ц": "u", "ѵ": "v",
    "ԝ": "w", "х": "x", "у": "y", "ү": "y", "з": "3", "н": "h", "б": "6", "я": "r", "и": "n",
    # Greek
    "α": "a", "β": "b", "ϲ": "c", "ε": "e", "η": "n", "ι": "i", "κ": "k", "μ": "u", "ν": "v", "ο": "o", "ρ": "p",
    "σ": "o", "ς": "s", "τ": "t", "υ": "u", "χ": "x", "ω": "w", "γ": "y", "ζ": "z", "δ": "d", "λ": "l",
    # Armenian, Cherokee and others often seen
    "ա": "w", "հ": "h", "ո": "n", "ս": "u", "օ": "o", "ց": "g", "զ": "q", "ꭰ": "d", "ꭱ": "e", "ꭲ": "i",
    # Latin letters with strokes, small capitals and phonetic signs, which no decomposition undoes
    "ı": "i", "ɩ": "i", "ł": "l", "ƚ": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "p", "ħ": "h", "ŧ": "t", "ƀ": "b",
    "æ": "ae", "œ": "oe", "ß": "ss", "ɑ": "a", "ɡ": "g", "ɢ": "g", "ʀ": "r", "ʙ": "b", "ᴄ": "c", "ᴅ": "d",
    "ᴇ": "e", "ꜰ": "f", "ʜ": "h", "ɪ": "i", "ᴊ": "j", "ᴋ": "k", "ʟ": "l", "ᴍ": "m", "ɴ": "n", "ᴏ": "o",
    "ᴘ": "p", "ꜱ": "s", "ᴛ": "t", "ᴜ": "u", "ᴠ": "v", "ᴡ": "w", "ʏ": "y", "ᴢ": "z", "ᴀ": "a",
    "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'",
}  # fmt: skip
_LOOK_ALIKE_TABLE = str.maketrans(_LOOK_ALIKES)
_LEET_TABLE = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a",
                             "$": "s", "!": "i", "|": "i", "€": "e", "+": "t"})  # fmt: skip
_INVISIBLE = frozenset({"Cf", "Cc", "Mn", "Me", "Cs", "Co", "Cn"})
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_WRITTEN_WORD = re.compile(r"[a-z0-9@$!|€+*']+")
_SPACED_LETTERS = re.compile(
    r"(?<![a-z0-9@$!|€])(?:[a-z0-9@$!|€][\s._*\-~/\\,]{1,3}){2,}[a-z0-9@$!|€](?![a-z0-9@$!|€])"
)
_REPEATS = re.compile(r"(.)\1{2,}")


def fold(text: str) -> str:
    """`text` in NFKC, without invisible characters and accents, look-alike letters as Latin ones, in lower case.

    Method: the skeleton idea of Unicode Technical Standard 39 section 4 with a table of our own. Line ends are spaces.
    """
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    visible = "".join(
        " " if character.isspace() else character
        for character in decomposed
        if character.isspace() or unicodedata.category(character) not in _INVISIBLE
    )
    return _SPACE.sub(" ", visible.translate(_LOOK_ALIKE_TABLE)).strip()


def words(folded: str) -> list[str]:
    """The words of a folded text, in order; a possessive `'s` is left out."""
    return [word.removesuffix("'s") for word in _WORD.findall(folded)]


def readings(text: str) -> tuple[tuple[str, ...], ...]:
    """The word lists a text may be read as: as written, digits and signs as letters, spaced letters joined."""
    folded = fold(text)
    leet = tuple(
        part.strip("i'*") if part.endswith("!") else part.strip("'*")
        for part in (_undo_leet(word) for word in _WRITTEN_WORD.findall(folded))
    )
    joined = tuple(_undo_leet(re.sub(r"[\s._*\-~/\\,]", "", run.group())) for run in _SPACED_LETTERS.finditer(folded))
    plain = tuple(words(folded))
    shortened = tuple(_REPEATS.sub(r"\1", word) for word in (*plain, *leet))
    return plain, leet, joined, shortened


def _undo_leet(word: str) -> str:
    return word.translate(_LEET_TABLE)
