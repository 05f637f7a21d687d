"""The facts behind a trend, as the scout counted them; all that a script may say stands here.

Kept in `trends.metadata.evidence`.
"""

from typing import Annotated, Literal

from pydantic import Field

from chimera.contracts.contract import Contract, Moment, Number

Count = Annotated[int, Field(ge=0)]


class SourceFacts(Contract):
    """Where the posts came from. `label` is shown wherever the source is named; a recorded sample says so in it."""

    name: str
    kind: Literal["recorded", "file"]
    label: str
    platform: str
    posts_read: Count


class BucketCount(Contract):
    """Mentions in one stretch of time that begins at `start` and lasts `TrendEvidence.bucket_seconds`."""

    start: Moment
    mentions: Count
    expected: Annotated[Number, Field(ge=0)]


class Share(Contract):
    """How many of the window's mentions carry this name (a community, or a phrase)."""

    name: str
    mentions: Count


class PostFacts(Contract):
    """One post behind the trend, without its text."""

    url: str
    community: str
    created_at: Moment
    keywords: tuple[str, ...]


class SentimentFacts(Contract):
    """Mean VADER compound over `sample_size` posts, -1 to 1."""

    mean: Annotated[Number, Field(ge=-1, le=1)]
    sample_size: Count


class TrendEvidence(Contract):
    """The counts of one trend as of one moment; nothing in it is later than `as_of`.

    `mentions` are deduplicated posts in the window; `expected` is the seasonal baseline's mean for a window of
    the same length and time; `ratio` is mentions over expected (with a floor on expected, stated by the scout);
    `series` covers the window and as much before it as the picture needs, oldest first.
    """

    source: SourceFacts
    as_of: Moment
    timeframe_seconds: Annotated[int, Field(gt=0)]
    window_start: Moment
    window_end: Moment
    baseline_start: Moment
    mentions: Count
    expected: Annotated[Number, Field(ge=0)]
    ratio: Annotated[Number, Field(ge=0)]
    first_seen: Moment
    peak_start: Moment
    peak_mentions: Count
    bucket_seconds: Annotated[int, Field(gt=0)]
    series: tuple[BucketCount, ...]
    communities: tuple[Share, ...]
    community_count: Count
    phrases: tuple[Share, ...]
    top_posts: tuple[PostFacts, ...]
    sentiment: SentimentFacts
