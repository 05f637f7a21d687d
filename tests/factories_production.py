"""A storyboard and its evidence for tests of production, publishing and export."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from chimera.contracts.evidence import BucketCount, SentimentFacts, SourceFacts, TrendEvidence
from chimera.contracts.storyboard import Beat, Scene, Storyboard
from chimera.core.vocabulary import Role
from chimera.security.permissions import Caller

AS_OF = datetime(2013, 4, 11, 12, tzinfo=UTC)


def make_storyboard(
    title: str = "Bitcoin is rising", texts: tuple[str, ...] = ("One.", "Two.", "Three.")
) -> Storyboard:
    """One beat a text."""
    beats = tuple(Beat(scene=Scene.HOOK, text=text, headline="Bitcoin", visual_prompt="a chart") for text in texts)
    return Storyboard(
        title=title,
        description="What rose, and by how much.",
        tags=("bitcoin",),
        topic="bitcoin",
        source_label="Recorded sample: somewhere, 2013",
        disclosure="Made by AI from public post counts",
        persona="Plain",
        tone="upbeat",
        beats=beats,
    )


def make_evidence() -> TrendEvidence:
    """Forty mentions in a day where ten were to be expected."""
    hour, day = timedelta(hours=1), timedelta(days=1)
    series = tuple(
        BucketCount(start=AS_OF - day + hour * number, mentions=number % 5, expected=Decimal("0.4"))
        for number in range(24)
    )
    return TrendEvidence(
        source=SourceFacts(
            name="recorded", kind="recorded", label="Recorded sample", platform="reddit", posts_read=900
        ),
        as_of=AS_OF,
        timeframe_seconds=86_400,
        window_start=AS_OF - day,
        window_end=AS_OF,
        baseline_start=AS_OF - 7 * day,
        mentions=40,
        expected=Decimal(10),
        ratio=Decimal(4),
        first_seen=AS_OF - day,
        peak_start=AS_OF - 20 * hour,
        peak_mentions=4,
        bucket_seconds=3600,
        series=series,
        communities=(),
        community_count=0,
        phrases=(),
        top_posts=(),
        sentiment=SentimentFacts(mean=Decimal("0.4"), sample_size=40),
    )


async def an_artist(agent_id: UUID) -> Caller:
    """Every agent's row says artist."""
    return Caller(agent_id, Role.ARTIST)
