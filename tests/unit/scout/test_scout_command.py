"""What `chimera scout` makes of its options and shows to people."""

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from rich.console import Console

from chimera.agents.scout.agent import find
from chimera.cli.scout import parse_as_of, scout_request, sparkline, trend_table, velocity_bar
from chimera.contracts.evidence import BucketCount
from chimera.contracts.trend import Trend, TrendAnalysis, TrendMetadata
from chimera.core.errors import ValidationFailed
from chimera.sources.catalogue import open_source

NOON = datetime(2013, 4, 8, 12, tzinfo=UTC)


def test_words_may_be_separated_by_commas() -> None:
    assert scout_request("24h", "0.5", ["AI, Crypto", "Space"], []).keywords == ("AI", "Crypto", "Space")


@pytest.mark.parametrize(("timeframe", "velocity"), [("soon", "0.5"), ("24h", "11"), ("24h", "-1"), ("24h", "fast")])
def test_values_outside_the_limits_are_refused(timeframe: str, velocity: str) -> None:
    with pytest.raises(ValidationFailed):
        scout_request(timeframe, velocity, [], [])


def test_a_moment_without_a_zone_is_utc() -> None:
    assert parse_as_of("2013-04-08T12:00") == parse_as_of("2013-04-08T14:00+02:00") == NOON
    with pytest.raises(ValidationFailed, match="is not a moment"):
        parse_as_of("last tuesday")


def test_a_sparkline_has_at_most_24_characters_and_shows_the_peak() -> None:
    series = [
        BucketCount(start=NOON + timedelta(hours=n), mentions=9 if n == 71 else 0, expected=Decimal(0))
        for n in range(72)
    ]
    assert sparkline(series) == "▁" * 23 + "█"
    assert sparkline([]) == ""


def test_a_velocity_bar_grows_with_the_velocity() -> None:
    assert velocity_bar(Decimal("5.00")).plain == "█████░░░░░ 5.00"


def test_the_table_names_the_recorded_sample() -> None:
    source = open_source("recorded")
    as_of = datetime(2013, 4, 8, 18, tzinfo=UTC)
    findings = find(scout_request("24h", "0.5", [], []), source, as_of)
    shown = tuple(
        Trend(
            trend_id=UUID(int=number),
            topic=finding.name,
            volume=finding.evidence.mentions,
            sentiment_score=finding.evidence.sentiment.mean,
            rising_velocity=finding.velocity,
            platforms=("reddit",),
            metadata=TrendMetadata(top_posts=(), influencers=()),
        )
        for number, finding in enumerate(findings)
    )
    screen = Console(file=io.StringIO(), width=120)
    evidence = [finding.evidence for finding in findings]
    screen.print(trend_table(TrendAnalysis(trends=shown, execution_time_ms=1), evidence, source, as_of))
    text = screen.file.getvalue()  # type: ignore[attr-defined]
    assert "Recorded sample: Reddit, 1-13 April 2013" in text
    assert "Margaret Thatcher" in text
