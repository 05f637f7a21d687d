"""Limits by people against a treasury at work, and the debt that new periods show."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from chimera.contracts.budget import BudgetLine, LimitSet
from chimera.core.clock import FixedClock
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod
from chimera.storage.database import Database
from chimera.treasury.budget_lines import budget_lines
from chimera.treasury.limits import LimitWish, set_limit
from factories_treasury import Office, open_office, register_spender

DAY_TOTAL = (BudgetPeriod.DAILY, BudgetCategory.TOTAL)


async def limited(database: Database, office: Office, usd: str, version: int) -> LimitSet:
    async with database.transaction() as connection:
        wish = LimitWish(*DAY_TOTAL, Decimal(usd), "ana", "less", version)
        return await set_limit(connection, wish, office.limit, office.clock)


async def day_total(database: Database, office: Office) -> BudgetLine:
    async with database.transaction() as connection:
        lines = await budget_lines(connection, office.limit, office.clock.now())
    return next(line for line in lines if (line.period, line.category) == DAY_TOTAL)


async def test_a_limit_lowered_in_the_middle_of_many_decisions_is_never_passed_by_a_later_one(
    database: Database, clock: FixedClock
) -> None:
    office = await open_office(database, clock)
    spenders: list[UUID] = [await register_spender(database) for _ in range(60)]
    async with office.treasury(database) as treasury, office.treasury(database) as another:
        assert (await treasury.decide(office.request("1.00"))).approved

        async def ask(number: int, spender: UUID) -> bool:
            asked = treasury if number % 2 else another
            return (await asked.decide(office.request("1.00", agent_id=spender))).approved

        asking = [asyncio.create_task(ask(number, spender)) for number, spender in enumerate(spenders)]
        done = await limited(database, office, "5.00", 0)
        approved = 1 + sum(await asyncio.gather(*asking))
    line = await day_total(database, office)
    assert line.spent == approved
    assert done.line_limit is not None
    assert line.spent <= line.limit == max(Decimal(5), done.line_limit)
    assert line.version == 1


async def test_of_two_people_who_saw_the_same_limit_one_is_told_of_the_others(
    database: Database, clock: FixedClock
) -> None:
    office = await open_office(database, clock)
    answers = await asyncio.gather(
        *(limited(database, office, usd, 0) for usd in ("400.00", "300.00")), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "LimitSet"]
    assert (await day_total(database, office)).version == 1


async def test_a_limit_by_a_person_outlives_the_period_and_the_settings(database: Database, clock: FixedClock) -> None:
    office = await open_office(database, clock)
    await limited(database, office, "5.00", 0)
    async with office.treasury(database) as treasury:
        assert (await treasury.decide(office.request("5.00"))).approved
        clock.advance(timedelta(days=1))
        office.set_total(BudgetPeriod.DAILY, "700.00")
        refused = await treasury.decide(office.request("5.01"))
    assert not refused.approved
    assert "remaining 5.00" in refused.reason


async def test_a_new_day_shows_the_debt_it_will_take_over_before_anything_is_decided_in_it(
    database: Database, clock: FixedClock
) -> None:
    office = await open_office(database, clock)
    office.set_total(BudgetPeriod.DAILY, "20.00")
    async with office.treasury(database) as treasury:
        held = office.request("15.00")
        assert (await treasury.decide(held, hold_for=timedelta(hours=1))).approved
        await treasury.begin_spending(held.request_id)
        await treasury.settle(held.request_id, Decimal("23.00"))
        assert (await day_total(database, office)).debt == Decimal("3.00")
        clock.advance(timedelta(days=1))
        before = await day_total(database, office)
        await treasury.resume(by="ana", reason="the invoice is right")
        assert (await treasury.decide(office.request("1.00"))).approved
        after = await day_total(database, office)
    assert (before.carried, before.remaining) == (Decimal("3.00"), Decimal("17.00"))
    assert (after.carried, after.remaining) == (Decimal("3.00"), Decimal("16.00"))
