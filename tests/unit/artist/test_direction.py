"""Voice, pace and mood follow the tone and what the posts feel."""

from decimal import Decimal
from uuid import UUID

import pytest

from chimera.agents.artist.direction import mood_for, seed_for, speed_for, voice_for
from chimera.contracts.evidence import SentimentFacts


def felt(mean: str, sample_size: int = 100) -> SentimentFacts:
    return SentimentFacts(mean=Decimal(mean), sample_size=sample_size)


def test_dry_tones_get_the_lower_voice() -> None:
    assert voice_for("Sarcastic but informative") == "am_michael"
    assert voice_for("humorous") == "af_heart"


def test_pace_follows_the_tone() -> None:
    assert speed_for("grave") < speed_for("neutral") < speed_for("upbeat, friendly")


@pytest.mark.parametrize(
    ("tone", "sentiment", "mood"),
    [
        ("upbeat", felt("-0.80"), "sombre"),
        ("upbeat", felt("-0.30"), "tense"),
        ("upbeat", felt("-0.80", 3), "bright"),
        ("neutral", felt("0.40"), "bright"),
        ("neutral", felt("0.40", 3), "calm"),
        ("urgent", felt("0.40"), "tense"),
        ("solemn", felt("0.90"), "sombre"),
        ("neutral", felt("0"), "calm"),
    ],
)
def test_mood_follows_what_posts_feel_before_the_tone(tone: str, sentiment: SentimentFacts, mood: str) -> None:
    assert mood_for(tone, sentiment) == mood


def test_a_pieces_seed_is_its_own_and_stays() -> None:
    first, second = UUID(int=7 << 64 | 5), UUID(int=6)
    assert seed_for(first) == seed_for(first) != seed_for(second)
    assert 0 <= seed_for(UUID(int=2**128 - 1)) < 2**32
