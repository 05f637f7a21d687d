"""Trend analysis (specification section 3, `internal.agent.scout.analyze`)."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field, field_validator

from chimera.contracts.contract import Contract, Number
from chimera.core.limits import TREND_VOLUME_MAX, TRENDS_PER_ANALYSIS_MAX, VELOCITY_MAX, VELOCITY_MIN
from chimera.core.timeframe import parse_timeframe


class TrendAnalysisRequest(Contract):
    """What to look for. No keywords means: whatever rises. `timeframe` is the recent window's length."""

    keywords: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = Field(default=(), max_length=50)
    timeframe: str
    min_velocity: Annotated[Number, Field(ge=VELOCITY_MIN, le=VELOCITY_MAX)]
    platforms: tuple[Annotated[str, Field(min_length=1, max_length=50)], ...] = Field(default=(), max_length=20)

    @field_validator("timeframe")
    @classmethod
    def _is_a_timeframe(cls, timeframe: str) -> str:
        parse_timeframe(timeframe)
        return timeframe


class TrendMetadata(Contract):
    """`influencers` are originators (communities where a source has no authors); `unavailable`: platforms not read."""

    top_posts: tuple[str, ...]
    influencers: tuple[str, ...]
    unavailable: tuple[str, ...] | None = Field(default=None, exclude_if=lambda value: value is None)


class Trend(Contract):
    """One rising topic. `rising_velocity` is a lower bound of the doublings over what was expected, 0 to 10."""

    trend_id: UUID
    topic: Annotated[str, Field(min_length=1, max_length=255)]
    volume: Annotated[int, Field(ge=0, le=TREND_VOLUME_MAX)]
    sentiment_score: Annotated[Number, Field(ge=Decimal(-1), le=Decimal(1))]
    rising_velocity: Annotated[Number, Field(ge=VELOCITY_MIN, le=VELOCITY_MAX)]
    platforms: tuple[str, ...]
    metadata: TrendMetadata


class TrendAnalysis(Contract):
    """One to twenty trends, the strongest first."""

    trends: tuple[Trend, ...] = Field(min_length=1, max_length=TRENDS_PER_ANALYSIS_MAX)
    execution_time_ms: Annotated[int, Field(ge=0)]
