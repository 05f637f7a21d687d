"""The rules in their order, as one table."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from chimera.contracts.approval import Approval, ApprovalRequest
from chimera.core.errors import BudgetExceeded, ChimeraError, RoiTooLow, SpendPaused, WaitsForHuman
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod, RequestType
from chimera.treasury.ask import Ask
from chimera.treasury.decision import Rules, Verdict, decide
from chimera.treasury.lines import Line, Lines
from chimera.treasury.periods import bounds
from chimera.treasury.refusal import require_approved
from chimera.treasury.scoring.risk import RiskFactor, RiskScore
from chimera.treasury.writing.answers import approval_of
from chimera.treasury.writing.job import DecidedAnswer

NOON = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
RULES = Rules(150, "1.5", paused=False)
LIMITS = {"daily": 100_000, "weekly": 500_000, "monthly": 2_000_000}
TX_ID = UUID("0190aaaa-0000-7000-8000-000000000001")


def lines(**spent: int) -> Lines:
    """Every line at its usual limit; `daily_total=50_000` has that many cents spent."""
    made: list[Line] = []
    for period in BudgetPeriod:
        during = bounds(period, NOON)
        for category in BudgetCategory:
            used = spent.get(f"{period}_{category}", 0)
            made.append(
                Line(
                    len(made),
                    period,
                    category,
                    during.start,
                    during.end,
                    LIMITS[period],
                    used,
                    held=0,
                    debt=0,
                    carried=0,
                    wanted=LIMITS[period],
                )
            )
    return Lines(made)


def ask(cost: str = "15.00", roi: str = "2.5", kind: RequestType = RequestType.API_CALL) -> Ask:
    micros = int(Decimal(cost) * 1_000_000)
    roi_hundredths = int(Decimal(roi) * 100)
    return Ask(UUID(int=1), UUID(int=2), kind.value, micros, -(-micros // 10_000), roi_hundredths, "Why", None)


def risk(hundredths: int) -> RiskScore:
    return RiskScore(hundredths, (RiskFactor("ROI_CLAIM", 312, "20.00"),))


def verdict(asked: Ask, budgets: Lines, risked: int = 25, rules: Rules = RULES) -> Verdict:
    charged = budgets.charged(asked.request_type)
    return decide(asked, charged, min(charged.left()), rules, risk(risked))


@pytest.mark.parametrize(
    ("asked", "budgets", "risked", "decision", "code", "reason"),
    [
        (ask(), lines(), 25, "approved", "WITHIN_RULES", "Within budget, ROI exceeds hurdle rate (1.5)"),
        (ask(roi="1.50"), lines(), 25, "approved", "WITHIN_RULES", "Within budget, ROI meets hurdle rate (1.5)"),
        (ask("1000"), lines(), 25, "approved", "WITHIN_RULES", "Within budget, ROI exceeds hurdle rate (1.5)"),
        (
            ask("150"), lines(daily_total=95_000), 25, "rejected", "BUDGET_EXCEEDED",
            "Daily budget exceeded: requested 150.00, remaining 50.00",
        ),
        (
            ask("0.0001"), lines(daily_total=100_000), 25, "rejected", "BUDGET_EXCEEDED",
            "Daily budget exceeded: requested 0.01, remaining 0.00",
        ),
        (
            ask("20"), lines(weekly_total=499_000), 25, "rejected", "BUDGET_EXCEEDED",
            "Weekly budget exceeded: requested 20.00, remaining 10.00",
        ),
        (
            ask("20"), lines(monthly_api_call=1_998_001), 25, "rejected", "BUDGET_EXCEEDED",
            "Monthly api_call budget exceeded: requested 20.00, remaining 19.99",
        ),
        (
            ask("2000", roi="0"), lines(), 99, "rejected", "BUDGET_EXCEEDED",
            "Daily budget exceeded: requested 2000.00, remaining 1000.00",
        ),
        (
            ask("10000.01"), lines(), 25, "rejected", "TRANSACTION_TOO_LARGE",
            "Transaction too large: requested 10000.01, at most 10000.00 at a time",
        ),
        (ask(roi="1.49"), lines(), 99, "rejected", "ROI_TOO_LOW", "ROI 1.49 is below hurdle rate (1.5)"),
        (ask(), lines(), 70, "approved", "WITHIN_RULES", "Within budget, ROI exceeds hurdle rate (1.5)"),
        (
            ask(), lines(), 71, "escalated", "RISK_TOO_HIGH",
            "Risk score 0.71 is above 0.7, a human decides: ROI_CLAIM 3.12",
        ),
    ],
)  # fmt: skip
def test_the_first_broken_rule_decides_and_is_named(
    asked: Ask, budgets: Lines, risked: int, decision: str, code: str, reason: str
) -> None:
    assert verdict(asked, budgets, risked) == (decision, code, reason)


def test_other_categories_do_not_bind_and_blockchain_has_only_the_total() -> None:
    budgets = lines(daily_api_call=100_000, daily_compute=100_000, daily_storage=99_900)
    assert verdict(ask("2", kind=RequestType.STORAGE), budgets).decision == "rejected"
    assert verdict(ask("2", kind=RequestType.BLOCKCHAIN), budgets).decision == "approved"


def test_debt_and_what_is_carried_over_lower_what_is_left() -> None:
    budgets = lines(daily_total=90_000)
    total = next(line for line in budgets.all if (line.period, line.category) == ("daily", "total"))
    total.debt, total.carried = 500, 4_500
    assert verdict(ask("50.00"), budgets).decision == "approved"
    assert verdict(ask("50.01"), budgets).reason == "Daily budget exceeded: requested 50.01, remaining 50.00"


def test_remaining_is_the_smaller_of_category_and_total_and_never_below_zero() -> None:
    budgets = lines(daily_total=50_000, daily_api_call=10_000, weekly_api_call=400_000)
    charged = budgets.charged("api_call")
    assert charged.left() == (50_000, 100_000, 2_000_000)
    budgets.all[0].debt = 200_000
    assert charged.left()[0] == 0


def test_an_overrun_fills_each_line_and_leaves_the_rest_as_its_debt() -> None:
    budgets = lines(daily_total=99_900, daily_api_call=99_950)
    booked = budgets.charged("api_call").overrun(120)
    assert booked["daily"] == {"api_call": 50, "total": 100}
    assert booked["weekly"] == {"api_call": 120, "total": 120}
    assert {line.category: (line.spent, line.debt) for line in budgets.all[:4] if line.debt} == {
        "api_call": (100_000, 70),
        "total": (100_000, 20),
    }


def test_nothing_is_approved_while_spending_is_paused() -> None:
    paused = verdict(ask(), lines(), rules=Rules(150, "1.5", paused=True))
    assert (paused.decision, paused.reason_code) == ("rejected", "SPEND_PAUSED")


def request(asked: Ask) -> ApprovalRequest:
    return ApprovalRequest(
        request_id=asked.request_id,
        agent_id=asked.agent_id,
        request_type=RequestType(asked.request_type),
        request_cost=Decimal(asked.cost_micros) / 1_000_000,
        projected_roi=Decimal(asked.roi_hundredths) / 100,
        justification=asked.justification,
    )


def approval(asked: Ask, given: Verdict) -> Approval:
    conditions = (f"ESCALATED:{TX_ID}",) if given.decision == "escalated" else ()
    approved, remaining = given.decision == "approved", lines().charged(asked.request_type).left()
    answer = DecidedAnswer(TX_ID, 1, approved, given.reason, 25, "0x" + "0" * 128, remaining, conditions, 1)
    return approval_of(asked.request_id, answer)


@pytest.mark.parametrize(
    ("asked", "risked", "paused", "failure"),
    [
        (ask("1000.01"), 25, False, BudgetExceeded),
        (ask("10000.01"), 25, False, BudgetExceeded),
        (ask("2000", roi="1"), 25, False, BudgetExceeded),
        (ask(roi="1"), 25, False, RoiTooLow),
        (ask("1000", roi="1.49"), 25, False, RoiTooLow),
        (ask(), 90, False, WaitsForHuman),
        (ask(), 25, True, SpendPaused),
    ],
)
def test_a_refused_approval_fails_the_step_that_needs_it(
    asked: Ask, risked: int, paused: bool, failure: type[ChimeraError]
) -> None:
    given = verdict(asked, lines(), risked, Rules(150, "1.5", paused))
    with pytest.raises(failure) as refused:
        require_approved(approval(asked, given), request(asked))
    assert refused.value.details["requested"] == asked.cost_micros / 1_000_000
    assert refused.value.details["remaining"] == 1000.0


def test_an_approval_lets_the_step_go_on() -> None:
    require_approved(approval(ask(), verdict(ask(), lines())), request(ask()))


def test_an_escalation_names_the_transaction_to_wait_for() -> None:
    with pytest.raises(WaitsForHuman) as waiting:
        require_approved(approval(ask(), verdict(ask(), lines(), 90)), request(ask()))
    assert waiting.value.details["tx_id"] == str(TX_ID)
