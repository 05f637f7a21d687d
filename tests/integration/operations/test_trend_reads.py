"""Trends page by page: each once, the newest first, and what is no cursor is refused."""

from datetime import timedelta
from uuid import UUID

import pytest

from chimera.contracts.stored_trend import TrendDetails, TrendPage
from chimera.core.clock import FixedClock
from chimera.core.errors import Forbidden, NotFound, ValidationFailed
from chimera.core.vocabulary import Role
from chimera.runtime.operations.desk import Desk
from chimera.storage.database import Database
from factories_operations import VIEWER, agent, ask
from factories_trend_rows import insert_trend

pytestmark = pytest.mark.engines


async def test_every_trend_is_listed_once_the_newest_first(desk: Desk, database: Database, clock: FixedClock) -> None:
    made = []
    for number in range(5):
        made.append((await insert_trend(database, clock, number)).trend_id)
        clock.advance(timedelta(seconds=number % 2))  # some at the same moment
    seen: list[UUID] = []
    cursor = None
    while True:
        page = await ask(desk, "trends.list", VIEWER, TrendPage, limit=2, cursor=cursor)
        seen += [trend.trend_id for trend in page.trends]
        if (cursor := page.next_cursor) is None:
            break
    moments = [(await ask(desk, "trends.show", VIEWER, TrendDetails, trend_id=each)).created_at for each in seen]
    assert (sorted(seen), moments) == (sorted(made), sorted(moments, reverse=True))
    since = await ask(desk, "trends.list", VIEWER, TrendPage, since=moments[0])
    assert {trend.created_at for trend in since.trends} == {moments[0]}


async def test_a_trend_is_shown_with_its_counts(desk: Desk, database: Database, clock: FixedClock) -> None:
    trend = await insert_trend(database, clock, 1)
    shown = await ask(desk, "trends.show", agent(Role.SCOUT), TrendDetails, trend_id=trend.trend_id)
    assert shown.evidence is not None
    assert (shown.topic, shown.evidence.mentions) == (trend.topic, trend.volume)
    with pytest.raises(NotFound):
        await ask(desk, "trends.show", VIEWER, TrendDetails, trend_id=UUID(int=7))
    with pytest.raises(Forbidden):
        await ask(desk, "trends.show", agent(Role.ARTIST), TrendDetails, trend_id=trend.trend_id)


@pytest.mark.parametrize("cursor", ["x", "====", "AAAA", "A" * 100, "🙂"])
async def test_what_is_no_cursor_is_refused(desk: Desk, cursor: str) -> None:
    with pytest.raises(ValidationFailed, match="next_cursor"):
        await ask(desk, "trends.list", VIEWER, TrendPage, cursor=cursor)
