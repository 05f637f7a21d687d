"""Trend rows for tests, with the evidence of `factories_rises.rise` behind them."""

from decimal import Decimal
from uuid import uuid4

from chimera.contracts.trend import Trend, TrendMetadata
from chimera.core.clock import FixedClock
from chimera.core.identity import new_id
from chimera.storage.database import Database
from chimera.storage.records import trends
from chimera.storage.records.trends import TrendRecord
from factories_rises import rise


async def insert_trend(
    database: Database, clock: FixedClock, number: int, *, topic: str | None = None, with_evidence: bool = True,
    velocity: str = "2.30",
) -> Trend:  # fmt: skip
    """The rise of that number as a row of `trends`, and as the scout would answer it."""
    found = rise(number)
    urls = tuple(post.url for post in found.evidence.top_posts)
    record = TrendRecord(
        id=new_id(clock, lambda size: uuid4().bytes[:size]),
        topic=topic or found.topic,
        volume=found.evidence.mentions,
        sentiment_score=found.evidence.sentiment.mean,
        rising_velocity=Decimal(velocity),
        platforms=["reddit"],
        metadata={"top_posts": list(urls), "influencers": []}
        | ({"evidence": found.evidence.model_dump(mode="json")} if with_evidence else {}),
        scout_agent_id=None,
        created_at=clock.now(),
    )
    async with database.transaction() as connection:
        await trends.insert(connection, record)
    return Trend(
        trend_id=record.id,
        topic=record.topic,
        volume=record.volume,
        sentiment_score=record.sentiment_score,
        rising_velocity=record.rising_velocity,
        platforms=("reddit",),
        metadata=TrendMetadata(top_posts=urls, influencers=()),
    )
