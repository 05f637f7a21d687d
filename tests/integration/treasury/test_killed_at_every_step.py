"""Killed with -9 at each named step of a batch: nothing acknowledged is lost, doubled or changed."""

from typing import Any

import pytest

from chimera.core.clock import FixedClock
from chimera.storage.database import Database
from factories_treasury import Office, open_office, register_spender
from spenders import Spenders, recount, spenders

pytestmark = pytest.mark.engines

STEPS = ("locked", "decided", "copied", "charged", "committing", "committed", "answered")
CHAINS = 18
#: Of 18 chains: 15 ask, of them 3 are escalated; every chain of six leaves this in the books, in cents.
ROWS_OF_SIX = {"decision": 6, "human": 1, "settle": 3, "void": 1, "overrun": 1}
#: An answered chain has three acts behind one another: together, all chains take at least so many batches.
BATCHES_MIN = 3
SPENT_OF_SIX = 250 + 125 + 100 + 275


@pytest.mark.parametrize("step", STEPS)
async def test_after_kill_9_at_a_step_a_new_process_finishes_the_same_work(
    database: Database, database_url: str, clock: FixedClock, step: str
) -> None:
    await _kill_again_and_again(database, database_url, clock, step, range(1, 8))


@pytest.mark.slow
@pytest.mark.parametrize("day", range(5))
@pytest.mark.parametrize("step", STEPS)
async def test_after_hundreds_of_kills_the_same(
    database: Database, database_url: str, clock: FixedClock, step: str, day: int
) -> None:
    """Twelve kills a database: more at one standing moment would be a day's whole budget, and risk."""
    await _kill_again_and_again(database, database_url, clock, step, [1 + (day + turn) % 9 for turn in range(12)])


async def _kill_again_and_again(
    database: Database, database_url: str, clock: FixedClock, step: str, turns: Any
) -> None:
    office = await open_office(database, clock)
    killed = 0
    async with spenders() as crowd:
        for turn, nth in enumerate(turns):
            killed += await _kill_once(crowd, office, database, database_url, f"{step}/{turn}", step, nth)
            counted = await recount(database)
            assert counted.kinds == {kind: count * (CHAINS // 6) * (turn + 1) for kind, count in ROWS_OF_SIX.items()}
            assert counted.spent_cents == SPENT_OF_SIX * (CHAINS // 6) * (turn + 1)
            assert counted.held_cents == 0
    assert killed == len(turns)
    async with office.treasury(database) as treasury:
        report = await treasury.verify()
    assert report.problems == ()


async def _kill_once(
    crowd: Spenders, office: Office, database: Database, url: str, plan: str, step: str, nth: int
) -> bool:
    order: dict[str, Any] = {
        "url": url,
        "cfo": str(office.cfo),
        "agents": [str(await register_spender(database)) for _ in range(CHAINS)],
        "plan": plan,
        "limit": "1000.00",
        "chains": CHAINS,
        "fresh": True,
        "one_by_one": nth > BATCHES_MIN,
    }
    killed = await crowd.spend({**order, "step": step, "nth": nth})
    again = await crowd.spend({**order, "fresh": False})
    third = await crowd.spend({**order, "fresh": False})
    assert (again.ended, again.refused) == (0, [])
    assert {what: again.answers[what] for what in killed.answers} == killed.answers
    assert third.answers == again.answers
    return killed.ended == -9
