"""What may come between the writer's two threads, its callers and its clock."""

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import psycopg
import pytest

from chimera.contracts.approval import Approval
from chimera.core.clock import FixedClock
from chimera.core.errors import ChimeraError, Conflict, EngineUnavailable, InternalError
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod
from chimera.storage.database import Database
from chimera.treasury.policy import SpendingPolicy
from chimera.treasury.treasury import Treasury
from chimera.treasury.writing import agents as known_agents
from chimera.treasury.writing.job import LoopDelivery
from factories_treasury import Office, open_office, register_spender
from spenders import recount

pytestmark = pytest.mark.engines

HOLD = timedelta(hours=1)


@dataclass
class Gate:
    """Stops the committing thread at a step, once, until it is opened."""

    step: str
    reached: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)

    def observe(self, step: str) -> None:
        if step == self.step and not self.reached.is_set():
            self.reached.set()
            assert self.opened.wait(30)


def watched(office: Office, database: Database, observe: Callable[[str], None], **changes: object) -> Treasury:
    parts: dict[str, object] = {
        "database": database,
        "redis": office.redis,
        "clock": office.clock,
        "key": office.key,
        "cfo_agent_id": office.cfo,
        "policy": SpendingPolicy(office.limit, office.hurdle_rate),
        "observe": observe,
    }
    return Treasury(**{**parts, **changes})  # type: ignore[arg-type]


async def test_an_approval_is_closed_once_by_batches_decided_one_behind_another(
    database: Database, clock: FixedClock
) -> None:
    """While settling is being committed, voiding must not be decided ahead on what the database still shows."""
    office, gate = await open_office(database, clock), Gate("decided")
    drafted, settling_now = threading.Event(), threading.Event()

    def random_bytes(count: int) -> bytes:
        if gate.reached.is_set():
            drafted.set()
        return os.urandom(count)

    def observe(step: str) -> None:
        if settling_now.is_set():
            gate.observe(step)

    async with watched(office, database, observe, random_bytes=random_bytes) as treasury:
        held = office.request("10.00")
        for request in (held, office.request("10.00")):
            await treasury.decide(request, hold_for=HOLD)
        settling_now.set()
        settling = asyncio.create_task(treasury.settle(held.request_id, Decimal("4.00")))
        await asyncio.to_thread(gate.reached.wait, 30)
        voiding = asyncio.create_task(treasury.void(held.request_id, "no"))
        await asyncio.to_thread(drafted.wait, 0.5)
        gate.opened.set()
        given = await asyncio.gather(settling, voiding, return_exceptions=True)
    assert isinstance(given[1], Conflict)
    assert (await recount(database)).spent_cents == 1_000 + 400


async def _in_one_batch(office: Office, database: Database, works: Sequence[Callable[[Treasury], Any]]) -> list[Any]:
    """Their answers: the writer is kept busy until all of them wait, and more behind them."""
    gate = Gate("locked")
    async with watched(office, database, gate.observe) as treasury:
        first = asyncio.create_task(treasury.decide(office.request("0.01", roi="1.0")))
        await asyncio.to_thread(gate.reached.wait, 30)
        before = asyncio.create_task(treasury.decide(office.request("0.01", roi="1.0")))
        tasks = [asyncio.ensure_future(work(treasury)) for work in works]
        behind = [asyncio.create_task(treasury.decide(office.request("0.01", roi="1.0"))) for _ in range(9)]
        await asyncio.sleep(0)
        gate.opened.set()
        given = await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(first, before, *behind)
    return given


async def test_an_approval_is_closed_once_within_a_batch(database: Database, clock: FixedClock) -> None:
    office = await open_office(database, clock)
    held = [office.request("10.00", agent_id=await register_spender(database)) for _ in range(3)]
    async with office.treasury(database) as treasury:
        for request in held:
            await treasury.decide(request, hold_for=HOLD)
    closed = held[0].request_id
    given = await _in_one_batch(
        office,
        database,
        [
            lambda treasury: treasury.void(closed, "no"),
            lambda treasury: treasury.settle(closed, Decimal("4.00")),
        ],
    )
    assert isinstance(given[1], Conflict)
    assert given[0].kind == "void"
    counted = await recount(database)
    assert (counted.kinds["void"], counted.kinds.get("settle"), counted.held_cents) == (1, None, 2_000)


@dataclass
class CreepingClock(FixedClock):
    """Each look at it takes a while."""

    at: datetime
    step: timedelta

    def now(self) -> datetime:
        self.at += self.step
        return self.at

    def monotonic(self) -> float:
        return 0.0


async def test_midnight_between_two_looks_at_the_clock_leaves_no_row_in_another_days_lines(
    database: Database, clock: FixedClock
) -> None:
    office = await open_office(database, clock)
    agents = [await register_spender(database) for _ in range(6)]
    midnight = datetime(2026, 2, 28, 23, 59, 59, 999_000, tzinfo=UTC)
    creeping = CreepingClock(midnight, timedelta(microseconds=170))
    async with watched(office, database, lambda _step: None, clock=creeping) as treasury:
        for turn in range(5):
            creeping.at = midnight + timedelta(days=turn, microseconds=40 * turn)
            for agent in agents:
                await treasury.decide(office.request("1.00", agent_id=agent))
        report = await treasury.verify()
    assert report.problems == ()
    assert report.budget_lines > 12


class Strange(StrEnum):
    """No type of request: a contract lets none in."""

    GIFT = "gift"


async def test_one_that_can_not_be_decided_fails_alone_among_many(database: Database, clock: FixedClock) -> None:
    """Whoever gets past the contract spoils nothing but his own request."""
    office = await open_office(database, clock)
    asked = [office.request("1.00", agent_id=await register_spender(database)) for _ in range(30)]
    async with office.treasury(database) as treasury:
        await treasury.decide(office.request("1.00"))
        asked[7] = asked[7].model_copy(update={"request_type": Strange.GIFT})
        given = await asyncio.gather(*(treasury.decide(request) for request in asked), return_exceptions=True)
        after = await treasury.decide(office.request("1.00"))
        report = await treasury.verify()
    assert [place for place, answer in enumerate(given) if not isinstance(answer, Approval)] == [7]
    assert isinstance(given[7], InternalError)
    assert after.approved
    assert (report.problems, report.entries) == ((), len(asked) + 1)


async def test_closing_while_busy_answers_whoever_was_taken(database: Database, clock: FixedClock) -> None:
    office, gate = await open_office(database, clock), Gate("copied")
    agents = [await register_spender(database) for _ in range(20)]
    treasury = watched(office, database, gate.observe)
    waiting = [asyncio.create_task(treasury.decide(office.request("1.00", agent_id=agent))) for agent in agents]
    await asyncio.to_thread(gate.reached.wait, 30)
    closing = asyncio.create_task(treasury.aclose())
    gate.opened.set()
    given = await asyncio.gather(*waiting)
    await closing
    assert all(answer.approved for answer in given)
    with pytest.raises(EngineUnavailable):
        await treasury.decide(office.request("1.00"))
    assert (await recount(database)).rows == len(agents)


async def test_cancelled_callers_and_a_closed_loop_leave_the_writer_at_work(
    database: Database, clock: FixedClock
) -> None:
    office, gate = await open_office(database, clock), Gate("copied")
    requests = [office.request("1.00", agent_id=await register_spender(database)) for _ in range(8)]
    async with watched(office, database, gate.observe) as treasury:
        waiting = [asyncio.create_task(treasury.decide(request)) for request in requests]
        await asyncio.to_thread(gate.reached.wait, 30)
        for task in waiting:
            task.cancel()
        gate.opened.set()
        await asyncio.gather(*waiting, return_exceptions=True)
        given = await asyncio.gather(*(treasury.decide(request) for request in requests))
    assert all(answer.approved for answer in given)
    assert (await recount(database)).rows == len(requests)
    loop = asyncio.new_event_loop()
    loop.close()
    LoopDelivery(loop).deliver([])


async def test_agents_stay_known_when_the_remembered_roles_are_dropped(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = await open_office(database, clock)
    monkeypatch.setattr(known_agents, "ROLES_REMEMBERED_MAX", 2)
    agents = [await register_spender(database) for _ in range(6)]
    async with office.treasury(database) as treasury:
        for _ in range(2):
            given = await asyncio.gather(
                *(treasury.decide(office.request("0.10", agent_id=agent)) for agent in agents), return_exceptions=True
            )
            assert not [answer for answer in given if isinstance(answer, ChimeraError)]


async def test_what_is_given_back_above_a_lowered_limit_is_not_spent_again(
    database: Database, clock: FixedClock
) -> None:
    office = await open_office(database, clock)
    held = [office.request("20.00", agent_id=await register_spender(database)) for _ in range(3)]
    later = office.request("5.00", agent_id=await register_spender(database))
    async with office.treasury(database) as treasury:
        for request in held:
            await treasury.decide(request, hold_for=HOLD)
    for category in BudgetCategory:
        office.limits[BudgetPeriod.DAILY, category] = Decimal("25.00")
    given = await _in_one_batch(
        office,
        database,
        [lambda treasury: treasury.void(held[0].request_id, "no"), lambda treasury: treasury.decide(later)],
    )
    assert not given[1].approved
    assert (await recount(database)).spent_cents == 4_000


async def test_a_key_retired_while_the_writer_runs_signs_nothing_more(
    database: Database, owner_url: str, clock: FixedClock
) -> None:
    office = await open_office(database, clock)
    async with office.treasury(database) as treasury:
        await treasury.decide(office.request("1.00"))
        with psycopg.connect(owner_url) as connection:
            connection.execute("UPDATE ledger_key SET last_seq = 1 WHERE last_seq IS NULL")
        given = await asyncio.gather(
            *(treasury.decide(office.request("1.00")) for _ in range(5)), return_exceptions=True
        )
        assert {getattr(answer, "code", None) for answer in given} == {"FORBIDDEN"}
        assert (await treasury.verify()).problems == ()
    assert (await recount(database)).rows == 1


async def test_clock_jumps_leave_rows_in_the_periods_of_their_moment(database: Database, clock: FixedClock) -> None:
    office = await open_office(database, clock)
    async with office.treasury(database) as treasury:
        for step in (0, 60 * 24, -60 * 24, -2, 2, -60 * 24 * 3, 60 * 24 * 40, -60 * 24 * 37):
            clock.advance(timedelta(minutes=step))
            held = office.request("1.00", agent_id=await register_spender(database))
            assert (await treasury.decide(held, hold_for=HOLD)).approved
            other = office.request("1.00", agent_id=await register_spender(database))
            assert (await treasury.decide(other)).approved
        assert (await treasury.verify()).problems == ()
