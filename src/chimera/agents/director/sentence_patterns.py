"""Reads the sentence patterns of `sentences/*.txt` and writes sentences from them.

A pattern's line is `[tags] text`; a tag is a tone, a flag of the facts, `told:fact` (said earlier in the script),
`after:slot` (the beat before), `plan:slot` (a beat of this script), `method` (talk about the counting), or `!tag`;
in the text `{fact}` is filled in and `(this|that)` is a choice. `## lead` patterns say a slot's main fact,
`## detail` patterns add to it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from chimera.agents.director.dice import Dice
from chimera.agents.director.facts import FactTable
from chimera.agents.director.spoken import sentence_case

TONES = frozenset({"humorous", "serious", "urgent", "warm"})
_LINE = re.compile(r"(?:\[(?P<tags>[^\]]*)\] )?(?P<text>.+)")
_FACT = re.compile(r"\{(\w+)\}")
_CHOICE = re.compile(r"\(([^()]*)\)")
_WORD = re.compile(r"[a-z']+")
_MARK_AFTER_QUOTE = re.compile(r'"([.,])')
"""American English sets the full stop and the comma inside the quote."""
METHOD = "method"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One sentence pattern; `tones` empty means it suits every tone."""

    text: str
    tones: frozenset[str]
    wanted: frozenset[str]
    unwanted: frozenset[str]
    facts: frozenset[str]
    is_method: bool

    def fits(self, facts: FactTable, tone: str, context: frozenset[str] = frozenset()) -> bool:
        """Whether its facts are there, the tone is its own, and `context` (the script's own tags) allows it."""
        held = facts.flags | context
        return (
            (not self.tones or tone in self.tones)
            and self.wanted <= held
            and not self.unwanted & held
            and self.facts <= facts.values.keys()
        )


@dataclass(frozen=True, slots=True)
class Slot:
    """What can be said at one place of a script."""

    leads: tuple[Pattern, ...]
    details: tuple[Pattern, ...]


@lru_cache(maxsize=1)
def slots() -> Mapping[str, Slot]:
    """Every slot by its file's name."""
    folder = resources.files("chimera.agents.director.sentences")
    files = sorted((item for item in folder.iterdir() if item.name.endswith(".txt")), key=lambda item: item.name)
    return {item.name.removesuffix(".txt"): _slot(item.read_text(encoding="utf-8")) for item in files}


@lru_cache(maxsize=1)
def vocabulary() -> frozenset[str]:
    """Every word the patterns can write of their own accord, in lower case."""
    patterns = (pattern for slot in slots().values() for pattern in (*slot.leads, *slot.details))
    return frozenset(word for pattern in patterns for word in _WORD.findall(_FACT.sub(" ", pattern.text)))


def write(pattern: Pattern, facts: FactTable, dice: Dice) -> str:
    """One sentence (or a few short ones) from a pattern that fits the facts."""
    text = pattern.text
    while choice := _CHOICE.search(text):
        text = text[: choice.start()] + dice.pick(choice[1].split("|")) + text[choice.end() :]
    text = _FACT.sub(lambda fact: facts.values[fact[1]], text)
    text = re.sub(r"\s+([,.;:?!])", r"\1", re.sub(r"\s+", " ", text)).strip()
    return sentence_case(_MARK_AFTER_QUOTE.sub(r'\1"', text))


def _slot(text: str) -> Slot:
    sections: dict[str, list[Pattern]] = {"lead": [], "detail": []}
    for section, pattern in _patterns(text):
        sections[section].append(pattern)
    return Slot(tuple(sections["lead"]), tuple(sections["detail"]))


def _patterns(text: str) -> Iterator[tuple[str, Pattern]]:
    section = "lead"
    for line in text.splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ").strip()
        elif line and not line.startswith("#") and (found := _LINE.fullmatch(line)):
            yield section, _pattern(found["tags"] or "", found["text"])


def _pattern(tags: str, text: str) -> Pattern:
    words = frozenset(tags.split())
    unwanted = frozenset(word[1:] for word in words if word.startswith("!"))
    wanted = frozenset(word for word in words - TONES - {METHOD} if not word.startswith("!"))
    return Pattern(text, words & TONES, wanted, unwanted, frozenset(_FACT.findall(text)), METHOD in words)
