"""Budget lines follow the calendar, the settings and the ledger; Redis shows them and decides nothing."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest
from psycopg import AsyncConnection
from redis.asyncio import Redis

from chimera.core.clock import FixedClock
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod
from chimera.storage.database import Database
from chimera.storage.records import ledger
from chimera.treasury.treasury import Treasury
from factories_treasury import Office, open_office

pytestmark = pytest.mark.engines


@pytest.fixture
async def office(database: Database, clock: FixedClock) -> Office:
    return await open_office(database, clock)


@pytest.fixture
def treasury(office: Office, database: Database) -> Treasury:
    return office.treasury(database)


async def _line(treasury: Treasury, period: str, category: str = "total") -> tuple[Decimal, Decimal]:
    """Limit and spent."""
    [state] = [state for state in await treasury.budgets() if (state.period, state.category) == (period, category)]
    return state.limit, state.spent


async def test_a_new_day_brings_a_new_daily_budget_within_the_same_month(
    office: Office, treasury: Treasury, clock: FixedClock
) -> None:
    office.set_total(BudgetPeriod.DAILY, "20.00")
    assert (await treasury.decide(office.request("20.00"))).approved
    clock.advance(timedelta(hours=11, minutes=59, seconds=59, microseconds=999_999))
    assert not (await treasury.decide(office.request("20.00"))).approved
    clock.advance(timedelta(microseconds=1))
    assert (await treasury.decide(office.request("20.00"))).approved
    assert await _line(treasury, "daily") == (Decimal("20.00"), Decimal("20.00"))
    assert await _line(treasury, "monthly") == (Decimal("20000.00"), Decimal("40.00"))
    assert (await treasury.verify()).ok


async def test_a_changed_limit_binds_from_the_next_decision(office: Office, treasury: Treasury) -> None:
    await treasury.decide(office.request("30.00"))
    office.set_total(BudgetPeriod.DAILY, "40.00")
    assert not (await treasury.decide(office.request("10.01"))).approved
    assert (await treasury.decide(office.request("10.00"))).approved


async def test_a_limit_lowered_below_the_spent_amount_stops_at_what_is_spent(
    office: Office, treasury: Treasury
) -> None:
    await treasury.decide(office.request("30.00"))
    office.set_total(BudgetPeriod.DAILY, "5.00")
    refused = await treasury.decide(office.request("0.01"))
    assert refused.reason == "Daily budget exceeded: requested 0.01, remaining 0.00"
    assert await _line(treasury, "daily") == (Decimal("30.00"), Decimal("30.00"))
    assert (await treasury.verify()).ok


async def test_a_removed_budget_line_is_made_again_from_the_ledger(
    office: Office, treasury: Treasury, owner_url: str
) -> None:
    office.set_total(BudgetPeriod.DAILY, "40.00")
    await treasury.decide(office.request("30.00"))
    async with await AsyncConnection.connect(owner_url) as connection:
        await connection.execute("DELETE FROM budget_tracking")
    assert not (await treasury.decide(office.request("10.01"))).approved
    assert await _line(treasury, "daily", "api_call") == (Decimal("40.00"), Decimal("30.00"))
    assert (await treasury.verify()).ok


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client


async def _shown(redis: Redis, key: str) -> dict[str, object]:
    text = await redis.get(key)
    assert text is not None
    shown: dict[str, object] = json.loads(text)
    return shown


async def test_redis_shows_the_budgets_as_section_4_writes_them(
    database: Database, clock: FixedClock, redis: Redis
) -> None:
    office = await open_office(database, clock, redis)
    office.limits[BudgetPeriod.DAILY, BudgetCategory.API_CALL] = Decimal("500.00")
    await office.treasury(database).decide(office.request("15.00"))
    shown = await _shown(redis, "budget:daily:api_call")
    seconds = [await redis.ttl(f"budget:{period}:total") for period in ("daily", "weekly", "monthly")]
    assert shown == {
        "period": "daily",
        "category": "api_call",
        "limit": 500.0,
        "spent": 15.0,
        "remaining": 485.0,
        "last_updated": "2026-02-06T12:00:00Z",
    }
    assert [86_390 < seconds[0] <= 86_400, seconds[1] <= 604_800, seconds[2] <= 2_678_400] == [True] * 3


async def test_a_lost_redis_loses_the_view_until_the_next_decision_and_no_money(
    database: Database, clock: FixedClock, redis: Redis
) -> None:
    office = await open_office(database, clock, redis)
    treasury = office.treasury(database)
    await treasury.decide(office.request("15.00"))
    await redis.flushdb()
    await treasury.decide(office.request("15.00"))
    assert (await _shown(redis, "budget:daily:total"))["spent"] == 30.0


async def test_the_view_of_an_older_row_does_not_replace_a_newer_one(
    database: Database, clock: FixedClock, redis: Redis
) -> None:
    office = await open_office(database, clock, redis)
    treasury = office.treasury(database)
    await treasury.decide(office.request("15.00"))
    async with database.transaction() as connection:
        head = await ledger.head(connection)
    assert head is not None
    await redis.set("budget:view:version", f"{head.ledger_id} 99")
    await treasury.decide(office.request("15.00"))
    assert (await _shown(redis, "budget:daily:total"))["spent"] == 15.0
    await redis.set("budget:view:version", b"another-ledger 99")
    await treasury.decide(office.request("15.00"))
    assert (await _shown(redis, "budget:daily:total"))["spent"] == 45.0


async def test_approvals_go_on_while_redis_is_away(office: Office, treasury: Treasury, clock: FixedClock) -> None:
    assert (await treasury.decide(office.request())).approved
    clock.advance(timedelta(seconds=6))
    assert (await treasury.decide(office.request())).approved
