"""Varied and realistic trend evidence for tests, the same for the same number."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal

from chimera.contracts.evidence import BucketCount, PostFacts, SentimentFacts, Share, SourceFacts, TrendEvidence

TOPICS = (
    "Margaret Thatcher", "bitcoin", "North Korea", "Bioshock Infinite", "SimCity", "Game of Thrones", "iPhone 15",
    "Red Wedding", "Mars rover", "Daft Punk", "solar eclipse", "World Cup", "electric bus", "Grand Prix", "Xbox",
    "open source", "comet ISON", "Pluto", "Tetris", "honey bees", "night trains", "Star Wars", "aurora", "chess",
    "Voyager 1", "meteor shower", "Marathon", "coffee prices", "Linux kernel", "pandas",
)  # fmt: skip
PLACES = (
    "r/worldnews", "r/todayilearned", "AskReddit", "gaming", "pics", "technology", "science", "funny", "movies",
    "space", "Music", "explainlikeimfive", "television", "sports", "programming",
)  # fmt: skip
WORDS = (
    "launch", "trailer", "live stream", "record", "first look", "queue", "update", "iron lady", "price", "server down",
    "photo", "rumour", "final", "question", "release", "map", "theory", "season", "crash", "market", "interview",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rise:
    """A topic and the evidence of its rise."""

    topic: str
    evidence: TrendEvidence


def rise(number: int, kind: Literal["recorded", "file"] = "recorded") -> Rise:
    """The rise of that number: sizes from a few posts to tens of thousands, hours to a week, rich and poor evidence."""
    draw = random.Random(number)
    hours = draw.choice((6, 12, 24, 24, 24, 48, 168))
    as_of = datetime(2013, 4, 1, tzinfo=UTC) + timedelta(hours=draw.randrange(24 * 40))
    start = as_of - timedelta(hours=hours)
    mentions = draw.choice((draw.randint(4, 40), draw.randint(40, 900), draw.randint(900, 40_000)))
    factor = Decimal(draw.choice((24, 51, 80, 173, 600, 2400)) + draw.randint(-6, 9)) / 10
    expected = (mentions / factor).quantize(Decimal("0.01"))
    counts = _spread(draw, mentions, hours)
    peak = counts.index(max(counts))
    first = next(hour for hour, count in enumerate(counts) if count)
    places, place_count = _places(draw, mentions)
    return Rise(
        TOPICS[number % len(TOPICS)],
        TrendEvidence(
            source=SourceFacts(
                name="recorded" if kind == "recorded" else "posts.csv",
                kind=kind,
                label="Recorded sample: Reddit, April 2013" if kind == "recorded" else "File posts.csv (Reddit)",
                platform="reddit",
                posts_read=mentions * draw.randint(3, 90),
            ),
            as_of=as_of,
            timeframe_seconds=hours * 3600,
            window_start=start,
            window_end=as_of,
            baseline_start=start - timedelta(days=14),
            mentions=mentions,
            expected=expected,
            ratio=(Decimal(mentions) / max(expected, Decimal("0.5"))).quantize(Decimal("0.01")),
            first_seen=start + timedelta(hours=first, minutes=draw.randrange(60)),
            peak_start=start + timedelta(hours=peak),
            peak_mentions=counts[peak],
            bucket_seconds=3600,
            series=tuple(
                BucketCount(start=start + timedelta(hours=hour), mentions=count, expected=expected / hours)
                for hour, count in enumerate(counts)
            ),
            communities=places,
            community_count=place_count,
            phrases=_phrases(draw, mentions),
            top_posts=tuple(
                PostFacts(
                    url=f"https://example.org/{number}/{rank}",
                    community=PLACES[rank],
                    created_at=as_of - timedelta(hours=1 + rank),
                    keywords=tuple(draw.sample(WORDS, 3)),
                )
                for rank in range(3)
            ),
            sentiment=SentimentFacts(
                mean=Decimal(draw.randint(-60, 60)) / 100,
                sample_size=draw.choice((0, min(mentions, 12), mentions)),
            ),
        ),
    )


def _spread(draw: random.Random, mentions: int, hours: int) -> list[int]:
    centre, width = draw.randrange(hours // 3, hours), hours / draw.choice((3, 6, 12))
    weights = [2.718 ** -(((hour - centre) / width) ** 2) for hour in range(hours)]
    counts = [int(mentions * weight / sum(weights)) for weight in weights]
    counts[centre] += mentions - sum(counts)
    return counts


def _places(draw: random.Random, mentions: int) -> tuple[tuple[Share, ...], int]:
    style = draw.choice(("alone", "few", "many", "none"))
    if style == "none":
        return (), 0
    if style == "alone":
        return (Share(name=draw.choice(PLACES), mentions=mentions),), 1
    names = draw.sample(PLACES, 2 if style == "few" else 5)
    left, shares = mentions, []
    for name in names:
        part = max(1, left * draw.randint(15, 70) // 100)
        shares.append(Share(name=name, mentions=min(part, left)))
        left = max(0, left - part)
    kept = tuple(sorted((share for share in shares if share.mentions), key=lambda share: -share.mentions))
    return kept, len(kept) + (0 if left == 0 else draw.randint(1, 30))


def _phrases(draw: random.Random, mentions: int) -> tuple[Share, ...]:
    names = draw.sample(WORDS, draw.choice((0, 1, 2, 4)))
    return tuple(
        sorted(
            (Share(name=name, mentions=max(1, mentions * draw.randint(5, 60) // 100)) for name in names),
            key=lambda share: -share.mentions,
        )
    )
