"""The CFO inside another program: what becomes of a block's money, and that caps and ledger are the same ones."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from decimal import Decimal
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from chimera.core.clock import FixedClock
from chimera.core.errors import BadInput, Conflict, Forbidden
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod
from chimera.treasury import (
    Agent,
    BudgetExceeded,
    EmbeddedCfo,
    Hold,
    OutcomeUnknown,
    RoiTooLow,
    SpendPaused,
    WaitsForHuman,
    open_cfo,
)
from chimera.treasury.embedded.seen_through import Result, SeenThrough
from chimera.treasury.treasury import Treasury

pytestmark = pytest.mark.engines

WHY = "Summarise a paper"


@pytest.fixture
async def cfo(database_url: str, clock: FixedClock, tmp_path: Path) -> AsyncIterator[EmbeddedCfo]:
    async with open_cfo(database_url, limits={"daily": 50}, key_file=tmp_path / "cfo.pem", clock=clock) as opened:
        yield opened


@pytest.fixture
async def agent(cfo: EmbeddedCfo) -> Agent:
    return await cfo.register("my-researcher")


async def spent_today(treasury: Treasury) -> Decimal:
    lines = await treasury.budgets()
    return next(
        line.spent for line in lines if (line.period, line.category) == (BudgetPeriod.DAILY, BudgetCategory.TOTAL)
    )


async def kinds(treasury: Treasury) -> list[str]:
    return [entry.kind for entry in reversed(await treasury.entries(100))]


async def escalated(cfo: EmbeddedCfo, agent: Agent) -> WaitsForHuman:
    """The same words again and again, until somebody must look at them."""
    for _ in range(6):
        try:
            async with cfo.spending(agent, "4.00", roi="3", why=WHY) as hold:
                hold.unspent("only asked")
        except WaitsForHuman as waiting:
            return waiting
    raise AssertionError("nothing was escalated")


async def test_what_was_really_spent_is_settled(cfo: EmbeddedCfo, agent: Agent) -> None:
    async with cfo.spending(agent, "0.30", "api_call", roi="3", why=WHY) as hold:
        assert hold.approved_usd == Decimal("0.30")
        hold.actual("0.21")
    assert await kinds(cfo.treasury) == ["decision", "settle"]
    assert await spent_today(cfo.treasury) == Decimal("0.21")
    assert (await cfo.treasury.signed_decision(hold.request_id)).signature == hold.approval.approval_signature
    assert (await cfo.treasury.verify()).ok


async def test_more_than_approved_is_an_overrun(cfo: EmbeddedCfo, agent: Agent) -> None:
    async with cfo.spending(agent, "0.30", roi="3", why=WHY) as hold:
        hold.actual("0.40")
    assert await kinds(cfo.treasury) == ["decision", "settle", "overrun"]
    assert await spent_today(cfo.treasury) == Decimal("0.40")


@pytest.mark.parametrize("as_amount", [True, False])
async def test_what_was_not_spent_goes_back(cfo: EmbeddedCfo, agent: Agent, as_amount: bool) -> None:
    async with cfo.spending(agent, "0.30", roi="3", why=WHY) as hold:
        hold.actual("0") if as_amount else hold.unspent("it was in the cache")
    assert await kinds(cfo.treasury) == ["decision", "void"]
    assert await spent_today(cfo.treasury) == 0


async def test_a_block_that_fails_keeps_its_money_and_says_how_to_settle(cfo: EmbeddedCfo, agent: Agent) -> None:
    with pytest.raises(ConnectionError) as failed:
        async with cfo.spending(agent, "0.30", roi="3", why=WHY) as hold:
            raise ConnectionError("the vendor hung up")
    assert f'cfo.settle("{hold.request_id}"' in "".join(failed.value.__notes__)
    assert [kept.request_id for kept in await cfo.unsettled()] == [hold.request_id]
    assert await spent_today(cfo.treasury) == Decimal("0.30")
    await cfo.settle(str(hold.request_id), "0.05")
    assert await cfo.unsettled() == ()
    assert await spent_today(cfo.treasury) == Decimal("0.05")


async def test_a_block_that_fails_after_its_word_is_settled_by_it(cfo: EmbeddedCfo, agent: Agent) -> None:
    def pay_and_fail(hold: Hold) -> None:
        hold.actual("0.21")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with cfo.spending(agent, "0.30", roi="3", why=WHY) as hold:
            pay_and_fail(hold)
    assert await spent_today(cfo.treasury) == Decimal("0.21")


async def test_a_block_that_says_nothing_is_an_error_and_keeps_its_money(cfo: EmbeddedCfo, agent: Agent) -> None:
    with pytest.raises(OutcomeUnknown, match=r"cfo\.settle") as unknown:
        async with cfo.spending(agent, "0.30", roi="3", why=WHY):
            pass
    assert await spent_today(cfo.treasury) == Decimal("0.30")
    await cfo.void(str(unknown.value.details["request_id"]))
    assert await spent_today(cfo.treasury) == 0


async def test_money_that_was_begun_never_expires_and_what_was_not_does(
    cfo: EmbeddedCfo, agent: Agent, clock: FixedClock
) -> None:
    with pytest.raises(OutcomeUnknown):
        async with cfo.spending(agent, "0.30", roi="3", why=WHY):
            pass
    unbegun = cfo.spending(agent, "0.40", roi="3", why="Another paper")
    await cfo.treasury.decide(unbegun.request, hold_for=unbegun.terms.hold_for)
    clock.advance(unbegun.terms.hold_for * 2)
    async with cfo.spending(agent, "0.01", roi="3", why="A third one") as hold:
        hold.actual("0.01")
    assert "expire" in await kinds(cfo.treasury)
    assert await spent_today(cfo.treasury) == Decimal("0.31")


async def test_cancelled_inside_the_block_the_money_stays_counted(cfo: EmbeddedCfo, agent: Agent) -> None:
    inside = asyncio.Event()

    async def spend() -> None:
        async with cfo.spending(agent, "0.30", roi="3", why=WHY):
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(spend())
    await asyncio.wait_for(inside.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await spent_today(cfo.treasury) == Decimal("0.30")
    assert len(await cfo.unsettled()) == 1


@pytest.mark.parametrize("turns", [1, 2, 3, 5, 8, 13])
async def test_cancelled_before_the_block_the_money_goes_back(cfo: EmbeddedCfo, agent: Agent, turns: int) -> None:
    entered = False

    async def spend() -> None:
        nonlocal entered
        async with cfo.spending(agent, "0.30", roi="3", why=WHY):
            entered = True

    task = asyncio.create_task(spend())
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not entered
    assert await spent_today(cfo.treasury) == 0
    assert await cfo.treasury.open_holds(10) == ()


async def test_cancelled_at_the_very_moment_it_is_approved_the_money_goes_back(cfo: EmbeddedCfo, agent: Agent) -> None:
    class CancelsWhenDone(SeenThrough):
        def begin(self, work: Coroutine[None, None, Result]) -> asyncio.Task[Result]:
            begun = super().begin(work)
            caller = asyncio.current_task()
            asyncio.get_running_loop().call_soon(begun.add_done_callback, lambda _: caller and caller.cancel())
            return begun

    async def spend() -> None:
        template = cfo.spending(agent, "0.30", roi="3", why=WHY)
        async with Hold(
            template.request,
            template.terms,
            treasury=cfo.treasury,
            seen_through=CancelsWhenDone(),
            before=partial(asyncio.sleep, 0),
        ):
            pytest.fail("entered")

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(spend())
    assert await kinds(cfo.treasury) == ["decision", "void"]


async def test_a_refusal_says_which_rule_and_the_block_is_not_entered(cfo: EmbeddedCfo, agent: Agent) -> None:
    with pytest.raises(BudgetExceeded) as dear:
        async with cfo.spending(agent, "50.01", roi="3", why=WHY):
            pytest.fail("entered")
    assert (dear.value.details["requested"], dear.value.details["remaining"]) == (50.01, 50.0)
    with pytest.raises(RoiTooLow):
        async with cfo.spending(agent, "0.30", roi="1.49", why="A poor paper"):
            pytest.fail("entered")
    await cfo.treasury.pause(by="Ada", reason="Looking into it")
    with pytest.raises(SpendPaused):
        async with cfo.spending(agent, "0.30", roi="3", why="A late paper"):
            pytest.fail("entered")
    assert await spent_today(cfo.treasury) == 0


async def test_what_a_person_approved_goes_on_under_its_request_id_and_only_once(
    cfo: EmbeddedCfo, agent: Agent
) -> None:
    waiting = await escalated(cfo, agent)
    request_id, tx_id = str(waiting.details["approval_request_id"]), UUID(str(waiting.details["tx_id"]))
    with pytest.raises(WaitsForHuman):
        async with cfo.spending(agent, "4.00", roi="3", why=WHY, request_id=request_id):
            pytest.fail("entered")
    await cfo.treasury.answer(tx_id, by="Ada", approve=True, reason="It is a long paper")
    async with cfo.spending(agent, "4.00", roi="3", why=WHY, request_id=request_id) as hold:
        hold.actual("3.00")
    assert await spent_today(cfo.treasury) == Decimal("3.00")
    with pytest.raises(Conflict, match="begun before"):
        async with cfo.spending(agent, "4.00", roi="3", why=WHY, request_id=request_id):
            pytest.fail("entered")


async def test_less_than_asked_for_is_entered_only_by_who_takes_less(cfo: EmbeddedCfo, agent: Agent) -> None:
    waiting = await escalated(cfo, agent)
    request_id, tx_id = str(waiting.details["approval_request_id"]), UUID(str(waiting.details["tx_id"]))
    await cfo.treasury.answer(tx_id, by="Ada", approve=True, reason="Half will do", amount_usd=Decimal("2.00"))
    with pytest.raises(BudgetExceeded, match="accept_less"):
        async with cfo.spending(agent, "4.00", roi="3", why=WHY, request_id=request_id):
            pytest.fail("entered")
    async with cfo.spending(agent, "4.00", roi="3", why=WHY, request_id=request_id, accept_less=True) as hold:
        assert hold.approved_usd == Decimal("2.00")
        hold.actual("2.00")
    assert await spent_today(cfo.treasury) == Decimal("2.00")


@pytest.mark.parametrize("answered", [True, False])
async def test_what_a_person_rejected_or_nobody_answered_is_not_entered(
    cfo: EmbeddedCfo, agent: Agent, clock: FixedClock, answered: bool
) -> None:
    waiting = await escalated(cfo, agent)
    if answered:
        await cfo.treasury.answer(
            UUID(str(waiting.details["tx_id"])), by="Ada", approve=False, reason="Read one at a time"
        )
    else:
        clock.advance((await cfo.treasury.escalations(1))[0].expires_at - clock.now())
    with pytest.raises(Forbidden, match="Read one at a time" if answered else "Nobody answered"):
        async with cfo.spending(
            agent, "4.00", roi="3", why=WHY, request_id=str(waiting.details["approval_request_id"])
        ):
            pytest.fail("entered")


async def test_an_answer_after_the_time_is_over_is_told_so_before_and_after_the_sweep(
    cfo: EmbeddedCfo, agent: Agent, clock: FixedClock
) -> None:
    tx_id = UUID(str((await escalated(cfo, agent)).details["tx_id"]))
    clock.advance((await cfo.treasury.escalations(1))[0].expires_at - clock.now())
    for _ in range(2):
        with pytest.raises(Conflict, match="is over: ask again under a new request_id"):
            await cfo.treasury.answer(tx_id, by="Ada", approve=True, reason="It is a long paper")
        await cfo.treasury.sweep()


async def test_two_blocks_of_one_request_are_entered_once(cfo: EmbeddedCfo, agent: Agent) -> None:
    request_id, entered = uuid4(), 0

    async def spend() -> None:
        nonlocal entered
        async with cfo.spending(agent, "0.30", roi="3", why=WHY, request_id=request_id) as hold:
            entered += 1
            hold.actual("0.30")

    done = await asyncio.gather(spend(), spend(), spend(), return_exceptions=True)
    assert (entered, [type(other) for other in done if other]) == (1, [Conflict, Conflict])
    assert await spent_today(cfo.treasury) == Decimal("0.30")


@pytest.mark.parametrize(
    "wrong", [{"at_most": 0.3}, {"at_most": "0"}, {"roi": "-1"}, {"why": ""}, {"request_type": "x"}]
)
async def test_what_is_no_request_is_refused_before_anything_is_written(
    cfo: EmbeddedCfo, agent: Agent, wrong: dict[str, object]
) -> None:
    words: dict[str, object] = {"at_most": "0.30", "roi": "3", "why": WHY, **wrong}
    with pytest.raises(BadInput):
        cfo.spending(agent, **words)  # type: ignore[arg-type]
    assert await cfo.treasury.entries(1) == ()


async def test_a_second_run_finds_its_agent_and_key_and_its_kept_money(
    database_url: str, clock: FixedClock, tmp_path: Path
) -> None:
    key_file = tmp_path / "keys" / "mine.pem"
    for run in range(2):
        async with open_cfo(database_url, limits={"daily": 50}, key_file=key_file, clock=clock) as cfo:
            kept = await cfo.unsettled()
            with pytest.raises(OutcomeUnknown):
                async with cfo.spending(await cfo.register("my-researcher"), "0.30", roi="3", why=f"Run {run}"):
                    pass
            assert len(kept) == run
            agents = {hold.agent_id for hold in await cfo.unsettled()}
    assert len(agents) == 1
    assert key_file.stat().st_mode & 0o777 == 0o600
