"""How posts sound: the mean VADER compound (Hutto and Gilbert, 2014), always with the number of posts behind it."""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # type: ignore[import-untyped]

from chimera.contracts.evidence import SentimentFacts

SAMPLE_MAX = 500
TEXT_CHARACTERS_MAX = 500


def sentiment_of(texts: Sequence[str]) -> SentimentFacts:
    """The mean over at most 500 texts, -1 to 1, two decimals; 0 of nothing is 0."""
    sample = texts[:SAMPLE_MAX]
    total = sum((Decimal(repr(_compound(text[:TEXT_CHARACTERS_MAX]))) for text in sample), Decimal(0))
    mean = (total / max(len(sample), 1)).quantize(Decimal("0.01")) if sample else Decimal(0)
    return SentimentFacts(mean=mean, sample_size=len(sample))


def _compound(text: str) -> float:
    return float(_analyzer().polarity_scores(text)["compound"])


@cache
def _analyzer() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()
