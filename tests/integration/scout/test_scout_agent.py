"""The scout on the recorded sample, with the real database."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from chimera.agents.scout.agent import Scout, find
from chimera.contracts.evidence import TrendEvidence
from chimera.contracts.trend import TrendAnalysis, TrendAnalysisRequest
from chimera.core.clock import FixedClock
from chimera.core.errors import Forbidden, NoTrends, SourceUnavailable, ValidationFailed
from chimera.core.vocabulary import Role
from chimera.sources.catalogue import open_source
from chimera.storage.database import Database
from chimera.storage.records import agents, trends

THATCHER = datetime(2013, 4, 8, 18, tzinfo=UTC)


def request(**changes: object) -> TrendAnalysisRequest:
    return TrendAnalysisRequest.model_validate({"timeframe": "24h", "min_velocity": 0.5, **changes})


async def analyze(
    database: Database, clock: FixedClock, as_of: datetime, wanted: TrendAnalysisRequest
) -> TrendAnalysis:
    async with database.transaction() as connection:
        agent_id = await agents.ensure(connection, Role.SCOUT, [], uuid4())
    return await Scout(agent_id, database, open_source("recorded"), clock, as_of).analyze(wanted)


async def test_the_death_of_margaret_thatcher_is_found_as_one_topic_at_the_top(
    database: Database, clock: FixedClock
) -> None:
    analysis = await analyze(database, clock, THATCHER, request())
    topics = [trend.topic for trend in analysis.trends]
    assert topics[0] == "Margaret Thatcher"
    assert sum("Thatcher" in topic for topic in topics) == 1
    assert analysis.trends[0].rising_velocity > 4
    assert analysis.trends[0].sentiment_score < 0
    assert all(url.startswith("https://www.reddit.com/comments/") for url in analysis.trends[0].metadata.top_posts)


async def test_bitcoin_is_reported_as_rising_when_asked_for(database: Database, clock: FixedClock) -> None:
    moment = datetime(2013, 4, 11, 12, tzinfo=UTC)
    analysis = await analyze(database, clock, moment, request(keywords=["bitcoin"], platforms=["reddit", "tiktok"]))
    (trend,) = analysis.trends
    assert trend.topic == "Bitcoin"
    assert trend.rising_velocity >= Decimal(1)
    assert trend.metadata.unavailable == ("tiktok",)
    assert trend.platforms == ("reddit",)


@pytest.mark.parametrize(
    ("as_of", "really_rose"),
    [
        # Each was looked up in the titles: a composer's interview about a new film, a judge's order to the FDA; the
        # CISPA bill, the IRS reading e-mail without a warrant, the hermit caught in Maine. More would be invented.
        ("2013-04-06T06:00", {"Hans Zimmer", "Orders FDA"}),
        ("2013-04-08T12:00", set()),
        ("2013-04-11T06:00", {"CISPA", "IRS Claims Read E-mail", "Hermit Maine"}),
    ],
)
def test_quiet_hours_show_nothing_but_real_events(as_of: str, really_rose: set[str]) -> None:
    try:
        names = {
            item.name for item in find(request(), open_source("recorded"), datetime.fromisoformat(as_of + "+00:00"))
        }
    except NoTrends:
        names = set()
    assert names <= really_rose


async def test_the_end_of_the_sample_gives_several_topics_that_are_recorded_with_their_evidence(
    database: Database, clock: FixedClock
) -> None:
    source = open_source("recorded")
    analysis = await analyze(database, clock, source.end(), request())
    assert len(analysis.trends) >= 4
    async with database.transaction() as connection:
        records = await trends.get_many(connection, [trend.trend_id for trend in analysis.trends])
    assert [record.topic for record in records] == [trend.topic for trend in analysis.trends]
    for record, trend in zip(records, analysis.trends, strict=True):
        evidence = TrendEvidence.model_validate(record.metadata["evidence"])
        assert evidence.source.label.startswith("Recorded sample")
        assert evidence.mentions == trend.volume == record.volume
        assert evidence.as_of == source.end()
        assert record.metadata["source"]["kind"] == "recorded"
        assert tuple(record.metadata["top_posts"]) == trend.metadata.top_posts


async def test_the_answer_has_exactly_the_fields_of_section_3(database: Database, clock: FixedClock) -> None:
    analysis = await analyze(database, clock, THATCHER, request())
    document = analysis.model_dump(mode="json")
    assert set(document) == {"trends", "execution_time_ms"}
    assert set(document["trends"][0]) == {
        "trend_id", "topic", "volume", "sentiment_score", "rising_velocity", "platforms", "metadata"
    }  # fmt: skip
    assert set(document["trends"][0]["metadata"]) == {"top_posts", "influencers"}


async def test_refusals_record_nothing(database: Database, clock: FixedClock) -> None:
    with pytest.raises(SourceUnavailable):
        await analyze(database, clock, THATCHER, request(platforms=["tiktok"]))
    with pytest.raises(NoTrends):
        await analyze(database, clock, THATCHER, request(min_velocity=10))
    with pytest.raises(NoTrends, match="begins 0 h before"):
        await analyze(database, clock, datetime(2013, 4, 1, 12, tzinfo=UTC), request())
    with pytest.raises(ValidationFailed, match="newest before it"):
        await analyze(database, clock, datetime(2026, 2, 6, tzinfo=UTC), request())
    async with database.transaction() as connection:
        cursor = await connection.execute("SELECT count(*) AS rows FROM trends")
        row = await cursor.fetchone()
    assert row is not None
    assert row["rows"] == 0


async def test_who_may_not_write_trends_finds_none(database: Database, clock: FixedClock) -> None:
    async with database.transaction() as connection:
        agent_id = await agents.ensure(connection, Role.DIRECTOR, [], uuid4())
    with pytest.raises(Forbidden, match="write:trends"):
        await Scout(agent_id, database, open_source("recorded"), clock, THATCHER).analyze(request())
