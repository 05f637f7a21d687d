"""Pronunciations from data other packages carry: misaki's gold and silver tables, then pocketsphinx's CMUdict.

Only the files are opened; none of those packages is imported, since their code needs much that is not wanted here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from chimera.core.errors import EngineUnavailable

Variants = Mapping[str, str | None]
"""Pronunciations by part of speech; `DEFAULT` always exists, a None means that the word is spelled letter by letter."""

_ARPABET = {
    "AA": "ɑ", "AE": "æ", "AH": "ʌ", "AO": "ɔ", "AW": "W", "AY": "I", "B": "b", "CH": "ʧ", "D": "d", "DH": "ð",
    "EH": "ɛ", "ER": "ɜɹ", "EY": "A", "F": "f", "G": "ɡ", "HH": "h", "IH": "ɪ", "IY": "i", "JH": "ʤ", "K": "k",
    "L": "l", "M": "m", "N": "n", "NG": "ŋ", "OW": "O", "OY": "Y", "P": "p", "R": "ɹ", "S": "s", "SH": "ʃ", "T": "t",
    "TH": "θ", "UH": "ʊ", "UW": "u", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip
_ARPABET_VOWELS = frozenset({
    "AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW",
})  # fmt: skip
_REDUCED = {"AH": "ə", "ER": "əɹ"}


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Tables of one accent (US English); those of `cmudict` are ARPABET without stress marks."""

    gold: Mapping[str, str | Variants]
    silver: Mapping[str, str | Variants]
    cmudict: Mapping[str, str]

    def variants(self, word: str) -> Variants | None:
        """Pronunciations of the word as it is written or, failing that, in another case."""
        for table in (self.gold, self.silver):
            for form in (word, word.lower(), word.capitalize()):
                entry = table.get(form)
                if entry is not None:
                    return {"DEFAULT": entry} if isinstance(entry, str) else entry
        return None

    def written_exactly(self, word: str) -> bool:
        return word in self.gold or word in self.silver

    def cmu(self, word: str) -> str | None:
        """CMUdict's pronunciation; the table carries no stress, so the first full vowel gets it."""
        phones = self.cmudict.get(word.lower()) if len(word) > 1 else None
        return from_arpabet(phones.split()) if phones else None


def from_arpabet(phones: list[str]) -> str | None:
    """Kokoro's symbols for ARPABET phones without stress marks; None if a phone is unknown."""
    if any(phone not in _ARPABET for phone in phones):
        return None
    vowels = [index for index, phone in enumerate(phones) if phone in _ARPABET_VOWELS]
    stressed = next((index for index in vowels if phones[index] not in _REDUCED), vowels[0] if vowels else -1)
    symbols = []
    for index, phone in enumerate(phones):
        plain = _REDUCED.get(phone, _ARPABET[phone]) if index != stressed else "ˈ" + _ARPABET[phone]
        symbols.append(plain)
    return "".join(symbols)


@lru_cache(maxsize=1)
def open_lexicon() -> Lexicon:
    """The tables, read once a process: about 0.3 s and 90 MB.

    Raises:
        EngineUnavailable: misaki's tables are missing or damaged. CMUdict may be missing: it only adds rare words.
    """
    return Lexicon(_misaki_table("us_gold.json"), _misaki_table("us_silver.json"), _cmudict())


def _misaki_table(name: str) -> Mapping[str, str | Variants]:
    try:
        table = json.loads(package_file("misaki", f"misaki/data/{name}").read_text(encoding="utf-8"))
    except (PackageNotFoundError, OSError, ValueError) as error:
        raise EngineUnavailable("the pronunciation tables (package misaki) are missing: run `make setup`") from error
    if not isinstance(table, dict) or not table:
        raise EngineUnavailable("the pronunciation tables (package misaki) are damaged: run `make setup`")
    return table


def _cmudict() -> Mapping[str, str]:
    try:
        path = package_file("pocketsphinx", "pocketsphinx/model/en-us/cmudict-en-us.dict")
        lines = path.read_text(encoding="utf-8").splitlines()
    except (PackageNotFoundError, OSError, ValueError):
        return {}
    return {word: phones for word, _, phones in (line.partition(" ") for line in lines)}


def package_file(package: str, path: str) -> Path:
    """Where an installed package keeps a file, without importing the package.

    Raises:
        PackageNotFoundError: it is not installed.
    """
    return Path(str(distribution(package).locate_file(path)))
