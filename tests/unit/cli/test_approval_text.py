"""What `chimera approvals` and `chimera ledger explain` print."""

import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from rich.console import Console

from chimera.cli.approval_text import print_answer, print_escalation, print_escalations
from chimera.cli.arrivals import show_live, tell_arrivals, waiting_now
from chimera.cli.explanation_text import print_explanation
from chimera.cli.moments import time_left
from chimera.contracts.budget import BudgetLine
from chimera.contracts.escalation import Escalation
from chimera.contracts.explanation import ExplainedFactor, Explanation
from chimera.core.clock import FixedClock
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod

NOON = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
STEERING = "\x1b[2Jpay\x07 \u202enow\r\n[bold]!"


def console(width: int = 80) -> Console:
    return Console(file=io.StringIO(), width=width, color_system=None)


def printed(used: Console) -> str:
    assert isinstance(used.file, io.StringIO)
    return used.file.getvalue()


def escalation(number: int = 1, /, **changes: object) -> Escalation:
    fields: dict[str, object] = {
        "tx_id": UUID(int=number),
        "request_id": UUID(int=100 + number),
        "agent_id": UUID(int=7),
        "request_type": "compute",
        "request_cost": Decimal("450.00"),
        "projected_roi": Decimal(25),
        "risk_score": Decimal("0.83"),
        "risk_factors": (),
        "reason": "Risk score 0.83 is above 0.7",
        "justification": "Render a long video",
        "asked_at": NOON - timedelta(minutes=50),
        "expires_at": NOON + timedelta(hours=23, minutes=10),
        "state": "waiting",
        "answered_by": None,
        "answer_reason": None,
        "answered_at": None,
        "approved_usd": None,
        "approval": None,
    }
    return Escalation.model_validate({**fields, **changes})


APPROVED_LESS = {
    "state": "approved",
    "answered_by": "ana",
    "answer_reason": "half will do",
    "answered_at": NOON,
    "approved_usd": Decimal("225.00"),
}

EXPLANATION = Explanation(
    kind="decision",
    tx_id=str(UUID(int=1)),
    rule="RISK_TOO_HIGH",
    sentence="The risk score is above 0.70: a person decides.",
    reason="Risk score 0.83 is above 0.7, a human decides",
    inputs={"amount": "450.00", "projected_roi": "25"},
    risk_score="0.83",
    factors=(
        ExplainedFactor(code="ROI_CLAIM", points="2.10", value="16.7x", meaning="claims far more than pieces earn"),
    ),
    effect="nothing is spent until a person answers",
)


def budgets(remaining: str = "300.00") -> list[BudgetLine]:
    return [
        BudgetLine(
            period=period,
            category=category,
            period_start=NOON,
            period_end=NOON,
            limit=Decimal(1000),
            limit_origin="setting",
            version=0,
            spent=Decimal(700),
            held=Decimal(0),
            debt=Decimal(0),
            carried=Decimal(0),
            remaining=Decimal(remaining),
            alerts=(),
            last_updated=NOON,
        )
        for period in BudgetPeriod
        for category in BudgetCategory
    ]


@pytest.mark.parametrize("width", [60, 80, 120, 160])
def test_the_list_keeps_ids_whole_and_lines_within_the_width(width: int) -> None:
    used = console(width)
    listed = [escalation(1, justification="word " * 60), escalation(2, **APPROVED_LESS)]
    print_escalations(listed, NOON, used)
    assert max(len(line) for line in printed(used).splitlines()) <= width
    assert all(str(one.tx_id) in printed(used) for one in listed)


def test_a_waiting_one_tells_the_time_it_has_left_and_an_answered_one_when() -> None:
    used = console(160)
    print_escalations([escalation(1), escalation(2, **APPROVED_LESS)], NOON, used)
    assert "23h 10m left" in printed(used)
    assert "2026-02-06 12:00" in printed(used)


def test_a_waiting_one_whose_time_is_over_says_so() -> None:
    used = console(160)
    print_escalations([escalation(expires_at=NOON)], NOON, used)
    assert "time is over  " in printed(used)


def test_an_empty_list_says_so() -> None:
    used = console()
    print_escalations([], NOON, used)
    assert printed(used) == "Nothing waits for a decision about money.\n"


def test_one_request_is_shown_with_its_risk_its_requester_the_budgets_and_how_to_answer() -> None:
    used = console(100)
    print_escalation(escalation(), EXPLANATION, budgets(), asked_by="id 7 (artist)", now=NOON, console=used)
    shown = printed(used)
    for part in (
        "$450.00 of compute, claimed ROI 25",
        "Render a long video",
        "id 7 (artist)",
        "2026-02-07 11:10 UTC (23h 10m left)",
        "RISK_TOO_HIGH: The risk score is above 0.70: a person decides.",
        "Risk score 0.83 is above 0.7, a human decides",
        "2.10",
        "claims far more than pieces earn",
        "nothing is spent until a person answers",
        "300.00",
        f"chimera approvals reject {UUID(int=1)} --reason WHY",
    ):
        assert part in shown, part


def test_an_answered_request_tells_who_answered_and_asks_for_nothing() -> None:
    used = console(100)
    answered = escalation(**APPROVED_LESS)
    print_escalation(answered, EXPLANATION, budgets(), asked_by="id 7", now=NOON, console=used)
    assert "2026-02-06 12:00 UTC by ana" in printed(used)
    assert "chimera approvals approve" not in printed(used)


def test_less_than_was_asked_for_is_said() -> None:
    used = console()
    print_answer(escalation(**APPROVED_LESS), used)
    assert printed(used) == "Approved $225.00 of $450.00 asked for by ana.\nhalf will do\n"


def test_an_expired_one_was_answered_by_nobody() -> None:
    used = console()
    print_answer(escalation(state="expired", answered_at=NOON), used)
    assert printed(used) == "Expired.\n"


async def test_nothing_a_spender_or_a_person_wrote_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    used = console(100)
    hostile = escalation(
        justification=STEERING, **{**APPROVED_LESS, "answered_by": STEERING, "answer_reason": STEERING}
    )
    words = {
        "rule": STEERING,
        "sentence": STEERING,
        "reason": STEERING,
        "inputs": {STEERING: STEERING},
        "effect": STEERING,
    }
    factor = ExplainedFactor(code=STEERING, points=STEERING, value=STEERING, meaning=STEERING)
    explanation = EXPLANATION.model_copy(update={**words, "factors": (factor,), "kind": STEERING, "tx_id": STEERING})
    print_escalations([hostile], NOON, used)
    print_escalation(hostile, explanation, budgets(), asked_by=STEERING, now=NOON, console=used)
    print_answer(hostile, used)
    print_explanation(explanation, used)
    await tell_arrivals(once(escalation(justification=STEERING)), as_json=False)
    shown = printed(used) + capsys.readouterr().out
    assert not set("\x1b\x07\u202e\r") & set(shown)
    assert "[bold]!" in shown


def test_an_explanation_tells_rule_inputs_points_and_effect() -> None:
    used = console(100)
    print_explanation(EXPLANATION, used)
    shown = printed(used)
    assert shown.startswith(f"decision {UUID(int=1)}\nRISK_TOO_HIGH: ")
    assert "projected_roi  25" in shown
    assert "ROI_CLAIM" in shown
    assert shown.endswith("Effect: nothing is spent until a person answers\n")


def test_an_explanation_without_a_score_speaks_of_no_risk() -> None:
    used = console()
    settled: dict[str, object] = {"sentence": "settled", "reason": "", "risk_score": None, "factors": (), "inputs": {}}
    print_explanation(EXPLANATION.model_copy(update=settled), used)
    assert "Risk score" not in printed(used)


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (timedelta(days=3, hours=4, minutes=59), "3d 4h left"),
        (timedelta(hours=23, minutes=10), "23h 10m left"),
        (timedelta(minutes=5, seconds=59), "5m left"),
        (timedelta(seconds=59), "under 1m left"),
        (timedelta(0), "time is over"),
    ],
)
def test_the_time_left_is_told_in_the_two_largest_units(left: timedelta, told: str) -> None:
    assert time_left(NOON + left, NOON) == told


async def once(*waiting: Escalation) -> AsyncIterator[tuple[Escalation, ...]]:
    yield waiting


async def states(*seen: tuple[Escalation, ...]) -> AsyncIterator[tuple[Escalation, ...]]:
    for waiting in seen:
        yield waiting


async def test_off_a_terminal_each_request_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = escalation(1), escalation(2)
    await tell_arrivals(states((first,), (first, second), (second,)), as_json=True)
    told = [json.loads(line)["tx_id"] for line in capsys.readouterr().out.splitlines()]
    assert told == [str(first.tx_id), str(second.tx_id)]


async def test_a_line_tells_amount_type_risk_and_the_whole_id(capsys: pytest.CaptureFixture[str]) -> None:
    await tell_arrivals(once(escalation()), as_json=False)
    line = capsys.readouterr().out
    assert line == f"2026-02-06 11:10 UTC  $450.00 compute  risk 0.83  {UUID(int=1)}  Render a long video\n"


async def test_on_a_terminal_the_list_is_drawn_and_ends_with_the_last_state() -> None:
    used = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None)
    await show_live(states((escalation(),), ()), FixedClock(NOON), used)
    assert str(UUID(int=1)) in printed(used)
    assert "Nothing waits" in printed(used)


async def test_watching_reads_again_after_each_notice_and_leaves_out_what_is_answered() -> None:
    listed = [(escalation(1),), (escalation(1, **APPROVED_LESS), escalation(2))]
    waits: list[float] = []

    async def read(_limit: int) -> tuple[Escalation, ...]:
        return listed.pop(0)

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    seen = waiting_now(read, wait)
    assert [one.tx_id for one in await anext(seen)] == [UUID(int=1)]
    assert waits == []
    assert [one.tx_id for one in await anext(seen)] == [UUID(int=2)]
    assert len(waits) == 1
