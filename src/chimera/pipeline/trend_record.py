"""A row of `trends` as section 3's trend."""

from chimera.contracts.trend import Trend, TrendMetadata
from chimera.storage.records.trends import TrendRecord


def trend_of(record: TrendRecord) -> Trend:
    """The trend as the scout answered it."""
    unavailable = record.metadata.get("unavailable")
    return Trend(
        trend_id=record.id,
        topic=record.topic,
        volume=record.volume,
        sentiment_score=record.sentiment_score,
        rising_velocity=record.rising_velocity,
        platforms=tuple(record.platforms),
        metadata=TrendMetadata(
            top_posts=tuple(record.metadata.get("top_posts", ())),
            influencers=tuple(record.metadata.get("influencers", ())),
            unavailable=tuple(unavailable) if unavailable else None,
        ),
    )
