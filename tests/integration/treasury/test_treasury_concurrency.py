"""Many agents, several processes' worth of treasuries, one cap: never a cent above it, and the books agree."""

import asyncio
from contextlib import AsyncExitStack
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chimera.core.clock import FixedClock
from chimera.core.vocabulary import BudgetPeriod, RequestType
from chimera.storage.database import Database, open_database
from factories_treasury import open_office, register_spender

pytestmark = pytest.mark.engines

AGENTS = 96
TREASURIES = 3


async def test_the_cap_is_reached_exactly_and_never_passed(
    database: Database, database_url: str, clock: FixedClock
) -> None:
    """96 requests of $5 against a cap of $300, spread over three treasuries on pools of their own: 60 fit."""
    office = await open_office(database, clock)
    office.set_total(BudgetPeriod.DAILY, "300.00")
    spenders = [await register_spender(database) for _ in range(AGENTS)]
    requests = [office.request("5.00", agent_id=agent) for agent in spenders]
    async with AsyncExitStack() as stack:
        treasuries = [
            office.treasury(await stack.enter_async_context(open_database(database_url))) for _ in range(TREASURIES)
        ]
        answers = await asyncio.gather(
            *(treasuries[number % TREASURIES].decide(request) for number, request in enumerate(requests))
        )
        repeated = await asyncio.gather(
            *(treasuries[(number + 1) % TREASURIES].decide(request) for number, request in enumerate(requests))
        )
    report = await office.treasury(database).verify()
    assert sum(answer.approved for answer in answers) == 60
    assert repeated == answers
    assert (report.ok, report.entries, report.approved_usd) == (True, 96, Decimal("300.00"))


async def test_the_same_request_asked_everywhere_at_once_is_decided_once(
    database: Database, database_url: str, clock: FixedClock
) -> None:
    office = await open_office(database, clock)
    request = office.request("15.00")
    async with open_database(database_url) as other:
        treasuries = [office.treasury(database), office.treasury(other)]
        answers = await asyncio.gather(*(treasuries[number % 2].decide(request) for number in range(20)))
    assert len(set(answers)) == 1
    assert (await treasuries[0].verify()).approved_usd == Decimal("15.00")


requests_drawn = st.lists(
    st.tuples(
        st.sampled_from(list(RequestType)),
        st.decimals(min_value="0.01", max_value="40", places=2),
        st.decimals(min_value="0", max_value="60", places=2),
    ),
    min_size=1,
    max_size=16,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=requests_drawn, cap=st.decimals(min_value="0.01", max_value="100", places=2))
async def test_whatever_is_asked_together_the_books_agree(
    database: Database, clock: FixedClock, drawn: list[tuple[RequestType, Decimal, Decimal]], cap: Decimal
) -> None:
    office = await open_office(database, clock)
    office.set_total(BudgetPeriod.DAILY, str(cap))
    treasury = office.treasury(database)
    before = await treasury.verify()
    await asyncio.gather(
        *(
            treasury.decide(office.request(str(cost), roi=str(roi), request_type=request_type))
            for request_type, cost, roi in drawn
        )
    )
    after = await treasury.verify()
    assert after.problems == ()
    assert after.entries == before.entries + len(drawn)
    assert after.approved_usd <= max(cap, before.approved_usd)
