"""`chimera approvals`, `chimera spend` and `chimera ledger explain` on a studio."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest

import chimera
from chimera.cli import approvals, ledger, spend
from chimera.cli.failure import exit_code_of
from chimera.cli.ledger_explain import explain_
from chimera.cli.studio import studio_of_environment
from chimera.contracts.approval import Approval, ApprovalRequest
from chimera.core.errors import ChimeraError, Conflict, Forbidden, NotFound, ValidationFailed
from chimera.core.vocabulary import RequestType, Role
from chimera.treasury.writing.encoding import ESCALATED_PREFIX

pytestmark = pytest.mark.usefixtures("studio_environment")
Captured = pytest.CaptureFixture[str]


async def ask(cost: str, *, roi: str = "2.5", estimate: str | None = None, hold: bool = False) -> Approval:
    async with studio_of_environment() as studio:
        return await studio.treasury.decide(
            ApprovalRequest(
                request_id=uuid4(),
                agent_id=await studio.agent(Role.ARTIST),
                request_type=RequestType.COMPUTE,
                request_cost=Decimal(cost),
                projected_roi=Decimal(roi),
                justification="Render\x1b[2J a long video",
            ),
            estimate_usd=None if estimate is None else Decimal(estimate),
            hold_for=timedelta(hours=1) if hold else None,
        )


async def escalate() -> UUID:
    """A request that its price, its claim and its size make suspicious."""
    asked = await ask("900.00", roi="500", estimate="5.00")
    assert asked.conditions, asked
    return UUID(asked.conditions[0].removeprefix(ESCALATED_PREFIX))


async def artist() -> str:
    async with studio_of_environment() as studio:
        return str(await studio.agent(Role.ARTIST))


async def printed(capsys: Captured, tx: str) -> dict[str, object]:
    capsys.readouterr()
    await approvals.show(tx, json=True)
    document: dict[str, dict[str, object]] = json.loads(capsys.readouterr().out)
    return document["approval"]


async def test_what_waits_is_listed_shown_whole_and_ends_with_4(capsys: Captured) -> None:
    tx = await escalate()
    await approvals.list_()
    listed = capsys.readouterr().out
    assert str(tx) in listed
    assert "waiting" in listed
    assert "\x1b" not in listed
    assert await approvals.show(str(tx)) == 4
    shown = capsys.readouterr().out
    for part in ("$900.00 of compute", "RISK_TOO_HIGH", "(artist)", "left)", "1000.00", f"approvals approve {tx}"):
        assert part in shown, part
    assert "\x1b" not in shown


async def test_less_can_be_approved_and_stands_in_the_ledger_under_the_name(capsys: Captured) -> None:
    tx = await escalate()
    await approvals.approve(tx.hex[-8:], amount=Decimal("300.00"), reason="half a video will do", as_="bea")
    assert capsys.readouterr().out == "Approved $300.00 of $900.00 asked for by bea.\nhalf a video will do\n"
    assert await approvals.show(str(tx)) == 0
    told = await printed(capsys, str(tx))
    assert (told["state"], told["answered_by"], told["approved_usd"]) == ("approved", "bea", 300.0)
    async with studio_of_environment() as studio:
        newest = (await studio.treasury.entries(1))[0]
    assert (newest.kind, newest.parent_tx, newest.amount) == ("human", tx, Decimal(300))
    assert json.loads(newest.document)["answered_by"] == "bea"
    await ledger.verify(json=True)
    assert json.loads(capsys.readouterr().out)["ok"]


async def test_a_rejection_needs_a_reason_and_spends_nothing(capsys: Captured) -> None:
    tx = await escalate()
    with pytest.raises(ValidationFailed):
        await approvals.reject(str(tx), reason=" ")
    await approvals.reject(str(tx), reason="too much for one video", json=True)
    answered = json.loads(capsys.readouterr().out)
    assert (answered["state"], answered["answered_by"]) == ("rejected", "ana")
    with pytest.raises(Conflict):
        await approvals.approve(str(tx), as_="bea")


async def test_the_requester_can_not_answer_and_is_refused_with_3() -> None:
    tx, requester = await escalate(), await artist()
    for name in (requester, requester.upper(), f"finance:{requester}"):
        with pytest.raises(Forbidden) as refused:
            await approvals.approve(str(tx), as_=name)
        assert exit_code_of(refused.value) == 3


async def test_who_answers_once_more_is_told_what_was_answered() -> None:
    tx = await escalate()
    await approvals.reject(tx.hex[-12:], reason="no", as_="joe")
    with pytest.raises(Conflict, match="was rejected by joe already") as refused:
        await approvals.approve(tx.hex[-12:])
    assert exit_code_of(refused.value) == 2


async def test_digits_that_fit_no_escalation_are_a_usage_error() -> None:
    await escalate()
    with pytest.raises(NotFound) as refused:
        await approvals.approve("0" * 12)
    assert exit_code_of(refused.value) == 2


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity"])
async def test_an_amount_that_is_none_is_refused(amount: str) -> None:
    with pytest.raises(ValidationFailed, match="more than 0"):
        await approvals.approve(str(uuid4()), amount=Decimal(amount))


async def test_more_than_was_asked_for_is_refused_and_goes_on_waiting() -> None:
    tx = await escalate()
    with pytest.raises(ChimeraError):
        await approvals.approve(str(tx), amount=Decimal("900.01"))
    assert await approvals.show(str(tx)) == 4


@contextlib.asynccontextmanager
async def watching(*arguments: str) -> AsyncIterator[Process]:
    """`chimera approvals watch` as people start it, its output a pipe."""
    environment = {**os.environ, "PYTHONPATH": str(Path(chimera.__file__).parent.parent)}
    code = "from chimera.cli.app import main; main()"
    command = [sys.executable, "-c", code, "approvals", "watch", *arguments]
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=PIPE)
    try:
        async with asyncio.timeout(60):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def next_line(process: Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
async def test_watching_tells_what_waits_and_what_comes_and_ends_well_when_told(stop: signal.Signals) -> None:
    first = await escalate()
    async with watching("--json") as process:
        assert json.loads(await next_line(process))["tx_id"] == str(first)
        second = await escalate()
        assert json.loads(await next_line(process))["tx_id"] == str(second)
        process.send_signal(stop)
        rest = await process.communicate()
    assert rest == (b"", b"")
    assert process.returncode == 0


async def test_watching_for_people_is_a_line_each_that_can_not_steer_their_terminal() -> None:
    tx = await escalate()
    async with watching() as process:
        line = await next_line(process)
    assert str(tx) in line
    assert "\x1b" not in line


async def test_a_pause_refuses_everything_and_tells_who_and_why_until_it_is_resumed(capsys: Captured) -> None:
    await spend.pause(reason="odd invoices", as_="bea")
    capsys.readouterr()
    await spend.status()
    told = capsys.readouterr().out
    assert "Spending is paused since" in told
    assert "by bea: odd invoices" in told
    assert not (await ask("1.00")).approved
    await spend.resume(reason="all is well")
    assert "Spending goes on." in capsys.readouterr().out
    assert (await ask("1.00")).approved
    await ledger.show()
    listed = capsys.readouterr().out
    assert "pause" in listed
    assert "resume" in listed


async def test_open_holds_are_listed_and_counted(capsys: Captured) -> None:
    await ask("12.50", hold=True)
    await spend.holds()
    assert "12.50" in capsys.readouterr().out
    await spend.status(json=True)
    spending = json.loads(capsys.readouterr().out)
    assert (spending["paused"], spending["open_holds"], spending["held_usd"]) == (False, 1, 12.5)


async def test_any_row_is_explained_by_part_of_its_id(capsys: Captured) -> None:
    tx = await escalate()
    await spend.pause(reason="odd invoices")
    capsys.readouterr()
    await explain_(tx.hex[-8:])
    told = capsys.readouterr().out
    assert "RISK_TOO_HIGH" in told
    assert "Effect: " in told
    async with studio_of_environment() as studio:
        pause = (await studio.treasury.entries(1))[0]
    await explain_(str(pause.tx_id), json=True)
    assert json.loads(capsys.readouterr().out)["kind"] == "pause"
