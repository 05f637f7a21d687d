"""The CFO's rules (specification section 3, Financial Approval) as one pure function, in their order."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from chimera.contracts.approval import ApprovalRequest, BudgetRemaining
from chimera.core.limits import RISK_ESCALATION_THRESHOLD, TRANSACTION_USD_MAX
from chimera.core.money import cents_up
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod, Decision
from chimera.storage.records.budget_tracking import BudgetRecord
from chimera.treasury.amounts import decimal_text, usd_text
from chimera.treasury.charges import charged_lines
from chimera.treasury.risk import RiskScore

_PERIODS = list(BudgetPeriod)


class ReasonCode(StrEnum):
    """The rule that settled a decision."""

    WITHIN_RULES = "WITHIN_RULES"
    TRANSACTION_TOO_LARGE = "TRANSACTION_TOO_LARGE"
    BUDGET_EXCEEDED = "BUDGET_EXCEEDED"
    ROI_TOO_LOW = "ROI_TOO_LOW"
    RISK_TOO_HIGH = "RISK_TOO_HIGH"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` names the rule and its numbers; `remaining` is what is left once the decision is carried out."""

    decision: Decision
    reason_code: ReasonCode
    reason: str
    remaining: BudgetRemaining


def decide(request: ApprovalRequest, budgets: Sequence[BudgetRecord], hurdle: Decimal, risk: RiskScore) -> Verdict:
    """Apply the rules in order; the first that is broken decides.

    `budgets` holds the current lines of every period and category; cents are charged, rounded up.
    """
    lines = charged_lines(request.request_type, budgets)
    charge = cents_up(request.request_cost)
    refused = (
        _too_large(request.request_cost)
        or _beyond_budget(charge, lines)
        or _below_hurdle(request.projected_roi, hurdle)
        or _too_risky(risk)
    )
    if refused:
        return Verdict(*refused, _remaining(lines, Decimal(0)))
    relation = "exceeds" if request.projected_roi > hurdle else "meets"
    reason = f"Within budget, ROI {relation} hurdle rate ({decimal_text(hurdle)})"
    return Verdict(Decision.APPROVED, ReasonCode.WITHIN_RULES, reason, _remaining(lines, charge))


_Refusal = tuple[Decision, ReasonCode, str]


def _too_large(cost: Decimal) -> _Refusal | None:
    if cost <= TRANSACTION_USD_MAX:
        return None
    reason = f"Transaction too large: requested {usd_text(cost)}, at most {usd_text(TRANSACTION_USD_MAX)} at a time"
    return Decision.REJECTED, ReasonCode.TRANSACTION_TOO_LARGE, reason


def _beyond_budget(charge: Decimal, lines: Sequence[BudgetRecord]) -> _Refusal | None:
    tightest = min(lines, key=_tightness)
    if charge <= tightest.remaining:
        return None
    reason = (
        f"{_name(tightest)} budget exceeded: requested {usd_text(charge)}, remaining {usd_text(tightest.remaining)}"
    )
    return Decision.REJECTED, ReasonCode.BUDGET_EXCEEDED, reason


def _below_hurdle(projected_roi: Decimal, hurdle: Decimal) -> _Refusal | None:
    if projected_roi >= hurdle:
        return None
    return (
        Decision.REJECTED,
        ReasonCode.ROI_TOO_LOW,
        f"ROI {decimal_text(projected_roi)} is below hurdle rate ({decimal_text(hurdle)})",
    )


def _too_risky(risk: RiskScore) -> _Refusal | None:
    if risk.score <= RISK_ESCALATION_THRESHOLD:
        return None
    reason = f"Risk score {risk.score} is above {RISK_ESCALATION_THRESHOLD}, a human decides: {risk.summary()}"
    return Decision.ESCALATED, ReasonCode.RISK_TOO_HIGH, reason


def _tightness(line: BudgetRecord) -> tuple[Decimal, int, bool]:
    """Least remaining first; among equals the shortest period, and its total before its category."""
    return line.remaining, _PERIODS.index(BudgetPeriod(line.period)), line.category != BudgetCategory.TOTAL


def _name(line: BudgetRecord) -> str:
    category = "" if line.category == BudgetCategory.TOTAL else f" {line.category}"
    return f"{line.period.capitalize()}{category}"


def _remaining(lines: Sequence[BudgetRecord], charge: Decimal) -> BudgetRemaining:
    """For each period the smaller of category and total, less `charge`."""
    daily, weekly, monthly = (
        min(line.remaining for line in lines if line.period == period) - charge for period in BudgetPeriod
    )
    return BudgetRemaining(daily=daily, weekly=weekly, monthly=monthly)
