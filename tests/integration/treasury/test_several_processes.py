"""Several processes on one budget: to the cent, in one order, with one answer to each request wherever it is asked."""

import asyncio
import fcntl
import os
import signal
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest

from chimera.core.clock import FixedClock
from chimera.storage.database import Database, connect_writer
from chimera.storage.records.ledger_copy import COPY_LEDGER
from factories_treasury import Office, open_office, register_spender
from spenders import Told, recount, spenders
from spending_process import SPACE

pytestmark = pytest.mark.engines

PROCESSES = 4
EACH = 300
CAP = "300.00"
COST = "0.50"


async def test_four_processes_approve_one_cap_to_the_cent_and_answer_alike(
    database: Database, database_url: str, clock: FixedClock, tmp_path: Path
) -> None:
    office = await open_office(database, clock)
    order = await _order(office, database, database_url, 100) | {
        "limit": CAP,
        "cost": COST,
        "count": EACH,
        "at_once": 16,
    }
    first = await _all_at_once([order | {"first": EACH * number} for number in range(PROCESSES)], tmp_path / "first")
    shifted = [order | {"first": EACH * ((number + 1) % PROCESSES)} for number in range(PROCESSES)]
    again = await _all_at_once(shifted, tmp_path / "again")
    assert [told.refused for told in (*first, *again)] == [[]] * (2 * PROCESSES)
    assert [told.answers for told in again] == [*(told.answers for told in first[1:]), first[0].answers]
    counted = await recount(database)
    assert counted.kinds == {"decision": PROCESSES * EACH}
    assert counted.spent_cents == 30_000
    await _each_process_had_its_turns(database)


async def _each_process_had_its_turns(database: Database) -> None:
    """Every process had money approved, and their rows lie between one another's."""
    owner = {uuid5(SPACE, f"crowd/{number}"): number // EACH for number in range(PROCESSES * EACH)}
    async with database.transaction() as connection:
        rows = await (await connection.execute("SELECT request_id, approved FROM ledger ORDER BY seq")).fetchall()
    assert {owner[row["request_id"]] for row in rows if row["approved"]} == set(range(PROCESSES))
    turns = sum(owner[one["request_id"]] != owner[two["request_id"]] for one, two in pairwise(rows))
    assert turns >= PROCESSES * 2


async def _all_at_once(orders: list[dict[str, Any]], gate: Path) -> list[Told]:
    async with AsyncExitStack() as stack:
        lock = stack.enter_context(gate.open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        crowds = [await stack.enter_async_context(spenders()) for _ in orders]
        for crowd, order in zip(crowds, orders, strict=True):
            await crowd.send(order | {"gate": str(gate)})
        await asyncio.gather(*(crowd.until_ready() for crowd in crowds))
        fcntl.flock(lock, fcntl.LOCK_UN)
        return await asyncio.gather(*(crowd.rest(Told()) for crowd in crowds))


async def _order(office: Office, database: Database, url: str, agents: int) -> dict[str, Any]:
    return {
        "url": url,
        "cfo": str(office.cfo),
        "agents": [str(await register_spender(database)) for _ in range(agents)],
        "plan": "crowd",
    }


async def test_a_writer_that_stands_still_amid_its_rows_loses_the_head_to_the_others(
    database: Database, database_url: str, clock: FixedClock
) -> None:
    office = await open_office(database, clock)
    order = await _order(office, database, database_url, 12) | {"limit": "1000.00", "chains": 6, "fresh": True}
    stuck = await asyncio.to_thread(connect_writer, database_url)
    try:
        stuck.execute("BEGIN")
        stuck.execute("SELECT size FROM ledger_head FOR UPDATE")
        stuck.pgconn.exec_(COPY_LEDGER.encode())
        async with spenders() as crowd:
            told = await crowd.spend(order | {"writer_wait_ms": 1_000})
    finally:
        stuck.close()
    assert (told.ended, told.refused) == (0, [])
    counted = await recount(database)
    assert counted.kinds == {"decision": 6, "human": 1, "settle": 3, "void": 1, "overrun": 1}


@pytest.mark.parametrize("step", ["locked", "charged"])
async def test_a_stopped_process_loses_the_head_to_the_others_and_does_nothing_twice_when_it_wakes(
    database: Database, database_url: str, clock: FixedClock, step: str
) -> None:
    office = await open_office(database, clock)
    order = await _order(office, database, database_url, 12) | {"limit": "1000.00", "chains": 12, "fresh": True}
    async with spenders() as crowd, office.treasury(database) as treasury:
        await crowd.send(order | {"step": step, "nth": 2, "signal": signal.SIGSTOP, "writer_wait_ms": 1_000})
        told = Told()
        while told.stopping is None:
            crowd.take(told, await crowd.line())
        other = await treasury.decide(office.request("1.00", agent_id=UUID(order["agents"][0])))
        assert other.approved
        os.kill(told.stopping, signal.SIGCONT)
        await crowd.rest(told)
        again = await crowd.spend(order | {"fresh": False})
    assert (told.ended, told.refused) == (0, [])
    assert again.answers == told.answers
    counted = await recount(database)
    assert counted.kinds == {"decision": 13, "human": 2, "settle": 6, "void": 2, "overrun": 2}
    assert counted.spent_cents == 100 + 2 * (250 + 125 + 100 + 275)
    async with office.treasury(database) as treasury:
        assert (await treasury.verify()).problems == ()
