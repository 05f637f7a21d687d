"""How much a trend is worth making: a weighted sum of four parts, each 0 to 1, times ten.

    worth = 10 x (0.45 x velocity/5 + 0.20 x log10(volume)/5 + 0.20 x richness + 0.15 x producibility)

Velocity counts most because rising now is what a short piece can use; five doublings and 100,000 mentions are full
marks. The weights are a judgement, not a fit: nothing published has been measured yet.
"""

import math
import re
from dataclasses import dataclass
from decimal import Decimal

from chimera.contracts.evidence import TrendEvidence

_WEIGHTS = {"velocity": 0.45, "volume": 0.20, "richness": 0.20, "producibility": 0.15}
VELOCITY_FULL = 5.0
VOLUME_FULL_LOG10 = 5.0
NAME_WORDS_MAX = 6
WORD_CHARACTERS_MAX = 30


@dataclass(frozen=True, slots=True)
class Worth:
    """The score, 0 to 10, and its parts, 0 to 1."""

    score: Decimal
    parts: dict[str, float]

    @property
    def explanation(self) -> str:
        told = ", ".join(f"{name} {value:.2f}" for name, value in self.parts.items())
        return f"worth {self.score} of 10 ({told})"


def worth(topic: str, rising_velocity: Decimal, volume: int, evidence: TrendEvidence) -> Worth:
    """The worth of a trend by the formula in this module's docstring."""
    parts = {
        "velocity": min(1.0, float(rising_velocity) / VELOCITY_FULL),
        "volume": min(1.0, math.log10(max(1, volume)) / VOLUME_FULL_LOG10),
        "richness": richness(evidence),
        "producibility": producibility(topic),
    }
    total = 10 * sum(_WEIGHTS[name] * value for name, value in parts.items())
    return Worth(Decimal(f"{total:.2f}"), parts)


def richness(evidence: TrendEvidence) -> float:
    """The share of the things a script can speak about that the evidence holds."""
    held = (
        len(evidence.series) >= 6,
        evidence.peak_mentions > 0,
        evidence.community_count >= 3,
        len(evidence.phrases) >= 3,
        evidence.sentiment.sample_size >= 30,
        len(evidence.top_posts) >= 3,
    )
    return sum(held) / len(held)


def producibility(topic: str) -> float:
    """How well the offline English voice can say the name: 0 where it can't be made, 1 for one to four plain words."""
    words = re.findall(r"[^\W_]+", topic)
    letters = [letter for letter in topic if letter.isalpha()]
    if len(letters) < 2 or len(words) > 2 * NAME_WORDS_MAX or max(map(len, words)) > WORD_CHARACTERS_MAX:
        return 0.0
    plain = sum(letter.isascii() for letter in letters) / len(letters)
    if plain < 0.8:
        return 0.0
    length = 1.0 if len(words) <= 4 else 0.6 if len(words) <= NAME_WORDS_MAX else 0.3
    return round(length * plain, 2)
