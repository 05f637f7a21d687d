"""How a piece sounds, decided from its persona's tone and its trend's sentiment. Pure."""

from decimal import Decimal
from typing import Literal
from uuid import UUID

from chimera.contracts.evidence import SentimentFacts

Voice = Literal["af_heart", "am_michael"]
Mood = Literal["bright", "calm", "tense", "sombre"]

_SENTIMENT_SAMPLE_MIN = 10
_CLEARLY_GOOD = Decimal("0.25")
_CLEARLY_BAD = Decimal("-0.25")
_VERY_BAD = Decimal("-0.55")
_DRY_TONES = frozenset({"authoritative", "deadpan", "dry", "formal", "sarcastic", "serious", "sober", "stern", "wry"})
_LIVELY_TONES = frozenset({"energetic", "enthusiastic", "excited", "fast", "lively", "upbeat"})
_URGENT_TONES = frozenset({"breaking", "dramatic", "urgent", "tense"})
_GRAVE_TONES = frozenset({"grave", "mournful", "respectful", "solemn", "sombre", "sober", "somber"})


def voice_for(tone: str) -> Voice:
    """The clearer voice, unless the tone is dry: that suits the lower one."""
    return "am_michael" if _words(tone) & _DRY_TONES else "af_heart"


def speed_for(tone: str) -> float:
    """A little faster for lively tones, a little slower for grave ones; 1.0 is about 160 words a minute."""
    if _words(tone) & _LIVELY_TONES:
        return 1.06
    return 0.95 if _words(tone) & _GRAVE_TONES else 1.0


def mood_for(tone: str, sentiment: SentimentFacts) -> Mood:
    """The bed's mood: what the posts feel comes first, where enough of them were read; then the tone."""
    if sentiment.sample_size >= _SENTIMENT_SAMPLE_MIN:
        if sentiment.mean <= _VERY_BAD:
            return "sombre"
        if sentiment.mean <= _CLEARLY_BAD:
            return "tense"
    if _words(tone) & _GRAVE_TONES:
        return "sombre"
    if _words(tone) & _URGENT_TONES:
        return "tense"
    if _words(tone) & _LIVELY_TONES:
        return "bright"
    good = sentiment.sample_size >= _SENTIMENT_SAMPLE_MIN and sentiment.mean >= _CLEARLY_GOOD
    return "bright" if good else "calm"


def seed_for(content_id: UUID) -> int:
    """The piece's own seed, the same whenever it is produced."""
    return content_id.int % 2**32


def _words(tone: str) -> frozenset[str]:
    return frozenset(tone.lower().replace(",", " ").replace("-", " ").split())
