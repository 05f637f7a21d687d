"""The CFO's rules (specification section 3, Financial Approval) as one pure function, in their order."""

from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from chimera.core.limits import RISK_ESCALATION_THRESHOLD, TRANSACTION_USD_MAX
from chimera.core.money import MICROS_PER_USD
from chimera.core.vocabulary import BudgetCategory, Decision
from chimera.treasury.amounts import cents_text, hundredths_text, micros_text
from chimera.treasury.ask import Ask
from chimera.treasury.lines import Charged, Line
from chimera.treasury.scoring.risk import RiskScore

TRANSACTION_MICROS_MAX = int(TRANSACTION_USD_MAX) * MICROS_PER_USD
PAUSED_REASON = "Spending is paused"
RISK_HUNDREDTHS_MAX = int(RISK_ESCALATION_THRESHOLD * 100)


class ReasonCode(StrEnum):
    """The rule that settled a decision, or what became of an approval."""

    WITHIN_RULES = "WITHIN_RULES"
    TRANSACTION_TOO_LARGE = "TRANSACTION_TOO_LARGE"
    SPEND_PAUSED = "SPEND_PAUSED"
    BUDGET_EXCEEDED = "BUDGET_EXCEEDED"
    ROI_TOO_LOW = "ROI_TOO_LOW"
    RISK_TOO_HIGH = "RISK_TOO_HIGH"
    HUMAN_APPROVED = "HUMAN_APPROVED"
    HUMAN_REJECTED = "HUMAN_REJECTED"
    ESCALATION_EXPIRED = "ESCALATION_EXPIRED"
    SETTLED = "SETTLED"
    VOIDED = "VOIDED"
    EXPIRED = "EXPIRED"
    OVERRUN = "OVERRUN"
    PAUSED = "PAUSED"
    RESUMED = "RESUMED"


class Rules(NamedTuple):
    """What a decision goes by beside the budgets. `hurdle_hundredths` is the ROI hurdle, rounded up."""

    hurdle_hundredths: int
    hurdle_text: str
    paused: bool


class Verdict(NamedTuple):
    """`reason` names the rule and its numbers."""

    decision: str
    reason_code: str
    reason: str


def decide(ask: Ask, charged: Charged, left_cents: int, rules: Rules, risk: RiskScore) -> Verdict:
    """Apply the rules in order; the first that is broken decides. Cents are charged, rounded up.

    `left_cents` is what the tightest of the charged lines holds, never below zero.
    """
    if ask.cost_micros > TRANSACTION_MICROS_MAX:
        return _rejected(
            ReasonCode.TRANSACTION_TOO_LARGE,
            f"Transaction too large: requested {micros_text(ask.cost_micros)}, at most "
            f"{micros_text(TRANSACTION_MICROS_MAX)} at a time",
        )
    if rules.paused:
        return _rejected(ReasonCode.SPEND_PAUSED, f"{PAUSED_REASON}: nothing is approved until it is resumed")
    if ask.charge_cents > left_cents:
        return _rejected(ReasonCode.BUDGET_EXCEEDED, _beyond(ask.charge_cents, charged.tightest()))
    if ask.roi_hundredths < rules.hurdle_hundredths:
        return _rejected(
            ReasonCode.ROI_TOO_LOW,
            f"ROI {hundredths_text(ask.roi_hundredths)} is below hurdle rate ({rules.hurdle_text})",
        )
    if risk.hundredths > RISK_HUNDREDTHS_MAX:
        return Verdict(Decision.ESCALATED.value, ReasonCode.RISK_TOO_HIGH.value, _too_risky(risk))
    return _within_rules(rules.hurdle_text, exceeds=ask.roi_hundredths > rules.hurdle_hundredths)


@lru_cache(maxsize=64)
def _within_rules(hurdle_text: str, *, exceeds: bool) -> Verdict:
    relation = "exceeds" if exceeds else "meets"
    reason = f"Within budget, ROI {relation} hurdle rate ({hurdle_text})"
    return Verdict(Decision.APPROVED.value, ReasonCode.WITHIN_RULES.value, reason)


def _rejected(code: ReasonCode, reason: str) -> Verdict:
    return Verdict(Decision.REJECTED.value, code.value, reason)


def _beyond(charge_cents: int, line: Line) -> str:
    requested, remaining = cents_text(charge_cents), cents_text(max(0, line.left))
    return f"{line_name(line)} budget exceeded: requested {requested}, remaining {remaining}"


def _too_risky(risk: RiskScore) -> str:
    points = ", ".join(f"{factor.code} {cents_text(factor.points)}" for factor in risk.factors)
    score, threshold = cents_text(risk.hundredths), RISK_ESCALATION_THRESHOLD
    return f"Risk score {score} is above {threshold}, a human decides: {points}"


def line_name(line: Line) -> str:
    """`Daily`, `Weekly compute`: the line for people."""
    category = "" if line.category == BudgetCategory.TOTAL else f" {line.category}"
    return f"{line.period.capitalize()}{category}"
