"""Stories, evidence and words to draw; no engines are needed here."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from chimera.contracts.evidence import BucketCount, SentimentFacts, Share, SourceFacts, TrendEvidence
from chimera.contracts.production import Soundtrack, SpokenWord, VideoJob
from chimera.contracts.storyboard import Beat, Scene, Storyboard
from chimera.core.vocabulary import Aspect, QualityPreset

NOON = datetime(2013, 4, 11, 12, tzinfo=UTC)


@pytest.fixture
def evidence() -> TrendEvidence:
    """A trend with something in every field."""
    series = tuple(
        BucketCount(
            start=NOON - timedelta(hours=24 - hour),
            mentions=2 + (hour - 8) * 3 if hour > 8 else 2,
            expected=Decimal("2.5"),
        )
        for hour in range(24)
    )
    return TrendEvidence(
        source=SourceFacts(
            name="recorded", kind="recorded", label="Recorded sample: posts", platform="reddit", posts_read=9000
        ),
        as_of=NOON,
        timeframe_seconds=86_400,
        window_start=NOON - timedelta(hours=24),
        window_end=NOON,
        baseline_start=NOON - timedelta(days=7),
        mentions=370,
        expected=Decimal("52.8"),
        ratio=Decimal("7.01"),
        first_seen=NOON - timedelta(hours=20),
        peak_start=NOON - timedelta(hours=1),
        peak_mentions=47,
        bucket_seconds=3600,
        series=series,
        communities=(Share(name="r/bitcoin", mentions=141), Share(name="r/technology", mentions=48)),
        community_count=37,
        phrases=(Share(name="mt gox", mentions=88), Share(name="bubble", mentions=40)),
        top_posts=(),
        sentiment=SentimentFacts(mean=Decimal("0.14"), sample_size=370),
    )


@pytest.fixture
def make_job(evidence: TrendEvidence) -> Callable[..., VideoJob]:
    """A job over these scenes, two words a second, without a sound file unless one is given."""

    def make(
        scenes: tuple[Scene, ...] = tuple(Scene),
        *,
        facts: TrendEvidence | None = None,
        aspect: Aspect = Aspect.VERTICAL,
        topic: str = "Bitcoin",
        headline: str = "Far above a normal day",
        seed: int = 7,
        audio: Path = Path("/nowhere/soundtrack.wav"),
    ) -> VideoJob:
        text = "It rose, and it kept on rising."
        beats = tuple(Beat(scene=scene, text=text, headline=headline, visual_prompt="numbers") for scene in scenes)
        words = tuple(
            SpokenWord(text=word, start_ms=400 + place * 300, end_ms=680 + place * 300, beat=place // 7)
            for place, word in enumerate(text.split() * len(beats))
        )
        return VideoJob(
            storyboard=Storyboard(
                title="Bitcoin is rising",
                description="",
                tags=(),
                topic=topic,
                source_label="Recorded sample: posts of April 2013",
                disclosure="Made by a machine: synthetic voice",
                persona="p",
                tone="humorous",
                beats=beats,
            ),
            evidence=facts or evidence,
            soundtrack=Soundtrack(
                audio=audio,
                duration_ms=words[-1].end_ms + 600,
                words=words,
                integrated_lufs=-14,
                true_peak_dbtp=-1,
            ),
            aspect=aspect,
            quality_preset=QualityPreset.DRAFT,
            seed=seed,
        )

    return make
