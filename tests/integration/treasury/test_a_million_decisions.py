"""A million decisions and a hundred kills on one ledger: no acknowledged answer is lost, doubled or changed."""

from typing import Any

import pytest

from chimera.core.clock import FixedClock
from chimera.storage.database import Database
from factories_treasury import open_office, register_spender
from spenders import recount, spenders

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(5400)]

STEPS = ("locked", "decided", "copied", "charged", "committing", "committed", "answered")
KILLS = 100
REQUESTS_EACH = 10_000
AT_ONCE = 1_000


async def test_a_hundred_kills_in_a_million_decisions_lose_double_and_change_nothing(
    database: Database, database_url: str, clock: FixedClock
) -> None:
    office = await open_office(database, clock)
    agents = [str(await register_spender(database)) for _ in range(400)]
    order: dict[str, Any] = {
        "url": database_url,
        "cfo": str(office.cfo),
        "agents": agents,
        "plan": "million",
        "limit": "1000.00",
    }
    order |= {"cost": "0.01", "count": REQUESTS_EACH, "at_once": AT_ONCE}
    killed = 0
    async with spenders() as crowd:
        for turn in range(KILLS):
            work = order | {"first": turn * REQUESTS_EACH}
            step, nth = STEPS[turn % len(STEPS)], 1 + turn % (REQUESTS_EACH // AT_ONCE)
            first = await crowd.spend({**work, "step": step, "nth": nth})
            killed += first.ended == -9
            again = await crowd.spend(work)
            assert (again.ended, again.refused, len(again.answers)) == (0, [], REQUESTS_EACH)
            assert first.answers.items() <= again.answers.items()
    assert killed == KILLS
    counted = await recount(database)
    assert counted.kinds == {"decision": KILLS * REQUESTS_EACH}
    async with office.treasury(database) as treasury:
        report = await treasury.verify()
    assert (report.problems, report.entries) == ((), KILLS * REQUESTS_EACH)
