"""`chimera scout`: what is rising in a source, as section 3's JSON or as a table for people."""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated
from uuid import UUID

from cyclopts import Parameter
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from chimera.cli.options import AsOf, ColumnMapping, Json, MinVelocity, SourceName, Timeframe, Words
from chimera.config.settings import Settings
from chimera.contracts.error import validation_failed
from chimera.contracts.evidence import BucketCount, TrendEvidence
from chimera.contracts.trend import Trend, TrendAnalysis, TrendAnalysisRequest
from chimera.core.clock import SystemClock
from chimera.core.errors import ValidationFailed
from chimera.core.limits import VELOCITY_MAX
from chimera.core.vocabulary import Role
from chimera.sources.catalogue import open_source
from chimera.sources.post import PostSource
from chimera.sources.reading import EARLIEST, LATEST
from chimera.storage.database import Database
from chimera.storage.records import trends

BAR_CELLS = 10
SPARK_CELLS = 24
_SPARKS = "▁▂▃▄▅▆▇█"

Platforms = Annotated[
    list[str] | None, Parameter(consume_multiple=True, negative="", help="Only these; unreadable ones are named.")
]


async def scout(
    source: SourceName = "recorded",
    *,
    as_of: AsOf = None,
    timeframe: Timeframe = "24h",
    min_velocity: MinVelocity = "0.5",
    keywords: Words = None,
    platforms: Platforms = None,
    columns: ColumnMapping = None,
    json: Json = False,
) -> None:
    """Find what is rising in a source, as of a moment."""
    from chimera.bootstrap.scouting import scout_of
    from chimera.bootstrap.studio import open_studio

    request = scout_request(timeframe, min_velocity, keywords or (), platforms or ())
    opened = open_source(source, columns)
    moment = parse_as_of(as_of) if as_of is not None else opened.end()
    async with open_studio(Settings.from_environment(os.environ), SystemClock()) as studio:
        agent = scout_of(studio, await studio.agent(Role.SCOUT), opened, moment)
        analysis = await agent.analyze(request)
        if json:
            sys.stdout.write(analysis.model_dump_json(indent=2) + "\n")
        else:
            evidence = await _evidence(studio.database, analysis)
            Console().print(trend_table(analysis, evidence, opened, moment))


def scout_request(
    timeframe: str, min_velocity: str, keywords: Sequence[str], platforms: Sequence[str]
) -> TrendAnalysisRequest:
    """The request; words may also be separated by commas.

    Raises:
        ValidationFailed: names what is wrong.
    """
    try:
        return TrendAnalysisRequest(
            keywords=_separated(keywords),
            timeframe=timeframe,
            min_velocity=Decimal(min_velocity),
            platforms=_separated(platforms),
        )
    except ValidationError as error:
        raise validation_failed(error) from error
    except InvalidOperation as error:
        raise ValidationFailed(
            f"{min_velocity!r} is not a velocity: write a number from 0 to 10", {"min_velocity": min_velocity}
        ) from error


def parse_as_of(text: str) -> datetime:
    """An ISO 8601 moment, UTC where it names no zone.

    Raises:
        ValidationFailed: it is none, or lies outside 1990 to 2100.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValidationFailed(
            f"{text[:40]!r} is not a moment: write it like 2013-04-08T18:00Z", {"as_of": text[:40]}
        ) from error
    if not EARLIEST <= moment < LATEST:
        raise ValidationFailed(
            f"{text[:40]!r} is out of range: as-of lies from {EARLIEST:%Y} to {LATEST:%Y}", {"as_of": text[:40]}
        )
    return moment


def trend_table(
    analysis: TrendAnalysis, evidence: Sequence[TrendEvidence], source: PostSource, as_of: datetime
) -> Table:
    """What people read: a row a trend, with its velocity as a bar and its mentions over time as a sparkline."""
    table = Table(title=f"{source.label}, as of {as_of:%Y-%m-%d %H:%M} UTC", caption=_caption(evidence))
    table.add_column("Topic", style="bold")
    table.add_column("Velocity")
    table.add_column("Mentions", justify="right")
    table.add_column("Usual", justify="right")
    table.add_column("Sentiment", justify="right")
    table.add_column("Over time", no_wrap=True)
    for trend, facts in zip(analysis.trends, evidence, strict=True):
        table.add_row(
            Text(trend.topic),
            velocity_bar(trend.rising_velocity),
            f"{trend.volume:,}",
            f"{facts.expected:,.1f}",
            _sentiment(trend, facts),
            sparkline(facts.series),
        )
    return table


def velocity_bar(velocity: Decimal) -> Text:
    """The velocity as filled cells of ten, and as a number."""
    filled = round(velocity / VELOCITY_MAX * BAR_CELLS)
    return Text.assemble(("█" * filled, "green"), ("░" * (BAR_CELLS - filled), "dim"), f" {velocity:.2f}")


def sparkline(series: Sequence[BucketCount]) -> str:
    """The series in at most 24 characters, neighbouring buckets added up."""
    size = max(1, -(-len(series) // SPARK_CELLS))
    sums = [sum(bucket.mentions for bucket in series[n : n + size]) for n in range(0, len(series), size)]
    top = max(sums, default=0) or 1
    return "".join(_SPARKS[round(count / top * (len(_SPARKS) - 1))] for count in sums)


def _sentiment(trend: Trend, facts: TrendEvidence) -> str:
    return f"{trend.sentiment_score:+.2f} (n={facts.sentiment.sample_size})"


def _caption(evidence: Sequence[TrendEvidence]) -> str:
    facts = evidence[0]
    return (
        f"{facts.source.posts_read:,} posts read since {facts.baseline_start:%Y-%m-%d}; "
        "velocity 1 is at least doubled, 2.3 about five times as many"
    )


def _separated(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(part.strip() for word in words for part in word.split(",") if part.strip())


async def _evidence(database: Database, analysis: TrendAnalysis) -> list[TrendEvidence]:
    """The evidence of the trends as recorded, in their order."""
    ids: list[UUID] = [trend.trend_id for trend in analysis.trends]
    async with database.transaction() as connection:
        records = await trends.get_many(connection, ids)
    return [record.evidence for record in records]
