"""The rules in their order, as one table."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from chimera.contracts.approval import Approval, ApprovalRequest, BudgetRemaining
from chimera.core.errors import BudgetExceeded, ChimeraError, RoiTooLow, WaitsForHuman
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod, Decision, RequestType
from chimera.storage.records.budget_tracking import BudgetRecord
from chimera.treasury.decision import ReasonCode, Verdict, decide
from chimera.treasury.periods import bounds
from chimera.treasury.refusal import require_approved
from chimera.treasury.risk import RiskCode, RiskFactor, RiskScore

NOON = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
CALM = RiskScore(Decimal("0.25"), ())
HURDLE = Decimal("1.5")
LIMITS = {"daily": Decimal("1000.00"), "weekly": Decimal("5000.00"), "monthly": Decimal("20000.00")}
TX_ID = UUID("0190aaaa-0000-7000-8000-000000000001")


def lines(**spent: str) -> list[BudgetRecord]:
    """Every line at its usual limit; `daily_total="500.00"` has that much spent."""
    made: list[BudgetRecord] = []
    for period in BudgetPeriod:
        during = bounds(period, NOON)
        for category in BudgetCategory:
            used = Decimal(spent.get(f"{period}_{category}", "0.00"))
            number = len(made) + 1
            made.append(BudgetRecord(number, period, category, LIMITS[period], used, during.start, during.end, NOON))
    return made


def request(cost: str = "15.00", roi: str = "2.5", kind: RequestType = RequestType.API_CALL) -> ApprovalRequest:
    return ApprovalRequest(
        request_id=UUID(int=1),
        agent_id=UUID(int=2),
        request_type=kind,
        request_cost=Decimal(cost),
        projected_roi=Decimal(roi),
        justification="Generate viral video for trending topic",
    )


def risk(score: str) -> RiskScore:
    return RiskScore(Decimal(score), (RiskFactor(RiskCode.ROI_CLAIM, Decimal(score) * 100),))


@pytest.mark.parametrize(
    ("asked", "budgets", "risked", "decision", "code", "reason"),
    [
        (request(), lines(), CALM, "approved", "WITHIN_RULES", "Within budget, ROI exceeds hurdle rate (1.5)"),
        (request(roi="1.50"), lines(), CALM, "approved", "WITHIN_RULES", "Within budget, ROI meets hurdle rate (1.5)"),
        (request("1000"), lines(), CALM, "approved", "WITHIN_RULES", "Within budget, ROI exceeds hurdle rate (1.5)"),
        (
            request("150"), lines(daily_total="950.00"), CALM, "rejected", "BUDGET_EXCEEDED",
            "Daily budget exceeded: requested 150.00, remaining 50.00",
        ),
        (
            request("0.0001"), lines(daily_total="1000.00"), CALM, "rejected", "BUDGET_EXCEEDED",
            "Daily budget exceeded: requested 0.01, remaining 0.00",
        ),
        (
            request("20"), lines(weekly_total="4990.00"), CALM, "rejected", "BUDGET_EXCEEDED",
            "Weekly budget exceeded: requested 20.00, remaining 10.00",
        ),
        (
            request("20"), lines(monthly_api_call="19980.01"), CALM, "rejected", "BUDGET_EXCEEDED",
            "Monthly api_call budget exceeded: requested 20.00, remaining 19.99",
        ),
        (
            request("2000", roi="0"), lines(), risk("0.99"), "rejected", "BUDGET_EXCEEDED",
            "Daily budget exceeded: requested 2000.00, remaining 1000.00",
        ),
        (
            request("10000.01"), lines(), CALM, "rejected", "TRANSACTION_TOO_LARGE",
            "Transaction too large: requested 10000.01, at most 10000.00 at a time",
        ),
        (request(roi="1.49"), lines(), risk("0.99"), "rejected", "ROI_TOO_LOW", "ROI 1.49 is below hurdle rate (1.5)"),
        (request(), lines(), risk("0.70"), "approved", "WITHIN_RULES", "Within budget, ROI exceeds hurdle rate (1.5)"),
        (
            request(), lines(), risk("0.71"), "escalated", "RISK_TOO_HIGH",
            "Risk score 0.71 is above 0.7, a human decides: ROI_CLAIM 71.00",
        ),
    ],
)  # fmt: skip
def test_the_first_broken_rule_decides_and_is_named(
    asked: ApprovalRequest, budgets: list[BudgetRecord], risked: RiskScore, decision: str, code: str, reason: str
) -> None:
    verdict = decide(asked, budgets, HURDLE, risked)
    assert (verdict.decision, verdict.reason_code, verdict.reason) == (Decision(decision), ReasonCode(code), reason)


def test_other_categories_do_not_bind_and_blockchain_has_only_the_total() -> None:
    budgets = lines(daily_api_call="1000.00", daily_compute="1000.00", daily_storage="999.00")
    assert decide(request("2", kind=RequestType.STORAGE), budgets, HURDLE, CALM).decision is Decision.REJECTED
    assert decide(request("2", kind=RequestType.BLOCKCHAIN), budgets, HURDLE, CALM).decision is Decision.APPROVED


def test_remaining_tells_the_smaller_of_category_and_total_after_the_decision() -> None:
    budgets = lines(daily_total="500.00", daily_api_call="100.00", weekly_api_call="4000.00")
    approved = decide(request("15.001"), budgets, HURDLE, CALM).remaining
    refused = decide(request(roi="1"), budgets, HURDLE, CALM).remaining
    assert (approved.daily, approved.weekly, approved.monthly) == (
        Decimal("484.99"),
        Decimal("984.99"),
        Decimal("19984.99"),
    )
    assert (refused.daily, refused.weekly) == (Decimal("500.00"), Decimal("1000.00"))


def approval(verdict: Verdict) -> Approval:
    escalated = verdict.decision is Decision.ESCALATED
    return Approval(
        request_id=UUID(int=1),
        approved=verdict.decision is Decision.APPROVED,
        reason=verdict.reason,
        risk_score=Decimal("0.25"),
        approval_signature="0x" + "0" * 128,
        budget_remaining=verdict.remaining,
        conditions=(f"ESCALATED:{TX_ID}",) if escalated else (),
        execution_time_ms=1,
    )


@pytest.mark.parametrize(
    ("asked", "risked", "failure"),
    [
        (request("1000.01"), CALM, BudgetExceeded),
        (request("10000.01"), CALM, BudgetExceeded),
        (request("2000", roi="1"), CALM, BudgetExceeded),
        (request(roi="1"), CALM, RoiTooLow),
        (request("1000", roi="1.49"), CALM, RoiTooLow),
        (request(), risk("0.9"), WaitsForHuman),
    ],
)
def test_a_refused_approval_fails_the_step_that_needs_it(
    asked: ApprovalRequest, risked: RiskScore, failure: type[ChimeraError]
) -> None:
    with pytest.raises(failure) as refused:
        require_approved(approval(decide(asked, lines(), HURDLE, risked)), asked)
    assert refused.value.details["requested"] == float(asked.request_cost)
    assert refused.value.details["remaining"] == 1000.0


def test_an_approval_lets_the_step_go_on() -> None:
    require_approved(approval(decide(request(), lines(), HURDLE, CALM)), request())


def test_an_escalation_names_the_transaction_to_wait_for() -> None:
    verdict = Verdict(
        Decision.ESCALATED,
        ReasonCode.RISK_TOO_HIGH,
        "Risk",
        BudgetRemaining(daily=Decimal(9), weekly=Decimal(9), monthly=Decimal(9)),
    )
    with pytest.raises(WaitsForHuman) as waiting:
        require_approved(approval(verdict), request())
    assert waiting.value.details["tx_id"] == str(TX_ID)
