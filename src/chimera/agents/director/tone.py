"""From a persona's free tone words to the few tones the sentence patterns know."""

import re
from dataclasses import dataclass
from typing import Literal

Tone = Literal["humorous", "serious", "urgent", "warm", "neutral"]

_TONE_WORDS: dict[str, Tone] = {
    **dict.fromkeys(("humorous", "funny", "sarcastic", "witty", "playful", "ironic", "cheeky", "comic"), "humorous"),
    **dict.fromkeys(("serious", "formal", "sober", "factual", "analytical", "authoritative", "academic"), "serious"),
    **dict.fromkeys(("urgent", "breaking", "energetic", "fast", "intense", "excited", "bold"), "urgent"),
    **dict.fromkeys(("warm", "friendly", "kind", "gentle", "calm", "cosy", "cozy", "empathetic"), "warm"),
    **dict.fromkeys(("neutral", "plain", "balanced", "informative"), "neutral"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ToneRules:
    """The tone to write in; `note` tells where a tone was not known and neutral took its place."""

    tone: Tone
    note: str | None


def tone_rules(words: str) -> ToneRules:
    """The tone named by the earliest known word of `words`; neutral, with a note, where none is known."""
    for word in re.findall(r"[a-z]+", words.casefold()):
        if word in _TONE_WORDS:
            return ToneRules(_TONE_WORDS[word], None)
    known = ", ".join(sorted(set(_TONE_WORDS.values())))
    return ToneRules("neutral", f"the tone {words!r} is not known and was read as neutral; known tones: {known}")
