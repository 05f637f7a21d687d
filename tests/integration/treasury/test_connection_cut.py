"""The connection cut at COMMIT and everywhere else: whoever asked is answered, once, and the books agree."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from chimera.contracts.approval import Approval
from chimera.core.clock import FixedClock
from chimera.core.errors import EngineUnavailable
from chimera.storage.database import Database, open_database
from cutting_proxy import cutting_proxy, nth
from factories_treasury import open_office, register_spender
from spenders import recount

pytestmark = pytest.mark.engines

REQUESTS = 18
HOLD = timedelta(hours=1)


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("place", ["up:COMMIT", "down:COMMIT"])
async def test_cut_at_commit_every_caller_is_answered_once(
    database: Database, database_url: str, clock: FixedClock, place: str, count: int
) -> None:
    """Before the COMMIT reaches the server nothing was entered, behind its answer all was: the writer finds out."""
    refused = await _work_with_a_cut(database, database_url, clock, place, count)
    assert refused == 0


@pytest.mark.parametrize("way", ["up", "down"])
async def test_cut_anywhere_every_caller_is_answered_or_may_ask_again(
    database: Database, database_url: str, clock: FixedClock, way: str
) -> None:
    for count in range(1, 60, 4):
        await _work_with_a_cut(database, database_url, clock, way, count)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1, 200, 25))
@pytest.mark.parametrize("way", ["up", "down"])
async def test_cut_at_every_message_the_same(
    database: Database, database_url: str, clock: FixedClock, way: str, first: int
) -> None:
    for count in range(first, first + 25):
        await _work_with_a_cut(database, database_url, clock, way, count)


async def _work_with_a_cut(database: Database, url: str, clock: FixedClock, place: str, count: int) -> int:
    """How many were told to ask again."""
    office = await open_office(database, clock)
    before = await recount(database)
    requests = [office.request("0.50", agent_id=await register_spender(database)) for _ in range(REQUESTS)]
    async with (
        cutting_proxy(url) as (proxy, through),
        open_database(through) as routed,
        office.treasury(routed) as treasury,
    ):
        proxy.cut = nth(place, count)
        given = await asyncio.gather(
            *(treasury.decide(request, hold_for=HOLD) for request in requests), return_exceptions=True
        )
        refused = [answer for answer in given if not isinstance(answer, Approval)]
        assert all(isinstance(answer, EngineUnavailable) for answer in refused)
        settled = await asyncio.gather(
            *(treasury.settle(request.request_id, Decimal("0.25")) for request in requests[::3]),
            return_exceptions=True,
        )
        assert proxy.cuts == 1
    async with office.treasury(database) as treasury:
        again = [await treasury.decide(request) for request in requests]
        entries = [await treasury.settle(request.request_id, Decimal("0.25")) for request in requests[::3]]
        report = await treasury.verify()
    assert all(one == two for one, two in zip(given, again, strict=True) if isinstance(one, Approval))
    assert all(one == two for one, two in zip(settled, entries, strict=True) if not isinstance(one, BaseException))
    assert report.problems == ()
    counted = await recount(database)
    assert counted.rows - before.rows == REQUESTS + REQUESTS // 3
    assert counted.spent_cents - before.spent_cents == REQUESTS * 50 - REQUESTS // 3 * 25
    return len(refused)
