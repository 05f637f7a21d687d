"""The signed text of a decision, written directly in canonical form (RFC 8785): the writer's hot path; pure.

Keys stand in their canonical order, strings are escaped as the RFC asks, and there is no number but `seq`. Other
documents go through `canonical`; tests hold the two to the same text.
"""

from collections.abc import Callable
from json.encoder import encode_basestring as _python_quoted
from typing import NamedTuple

from chimera.core.vocabulary import Decision
from chimera.treasury.amounts import cents_text, hundredths_text, micros_text
from chimera.treasury.ask import Ask
from chimera.treasury.decision import Verdict
from chimera.treasury.scoring.risk import RiskFactor, RiskScore

try:
    from _json import encode_basestring as _fast_quoted
except ImportError:  # another Python than CPython
    _fast_quoted = _python_quoted

quoted: Callable[[str], str] = _fast_quoted
"""A string as JSON without escaping what needs none: the form RFC 8785 asks for."""

ESCALATED_PREFIX = "ESCALATED:"


class Decided(NamedTuple):
    """Everything a decision's document tells beside the request."""

    seq: int
    tx_id: str
    decided_at: str
    cfo_agent_id: str
    verdict: Verdict
    risk: RiskScore
    remaining: tuple[int, int, int]
    hold_expires_at: str | None


class AskText(NamedTuple):
    """The request's parts as they stand in the document."""

    request_id: str
    agent_id: str
    amount: str
    justification: str
    projected_roi: str


def ask_text(ask: Ask, request_id: str, agent_id: str) -> AskText:
    """Equal numbers have equal text (2.5 and 2.50)."""
    return AskText(
        request_id,
        agent_id,
        micros_text(ask.cost_micros),
        quoted(ask.justification),
        hundredths_text(ask.roi_hundredths),
    )


def request_text(text: AskText, request_type: str) -> str:
    """The canonical text whose SHA-256 tells whether two requests are the same."""
    return (
        f'{{"agent_id":"{text.agent_id}","amount":"{text.amount}","justification":{text.justification},'
        f'"projected_roi":"{text.projected_roi}","request_id":"{text.request_id}","request_type":"{request_type}"}}'
    )


def decision_text(text: AskText, request_type: str, decided: Decided) -> str:
    """The canonical text of the decision, as it is signed."""
    daily, weekly, monthly = decided.remaining
    verdict, risk = decided.verdict, decided.risk
    escalated = verdict.decision == Decision.ESCALATED
    conditions = f'"{ESCALATED_PREFIX}{decided.tx_id}"' if escalated else ""
    hold = f'"hold_expires_at":"{decided.hold_expires_at}",' if decided.hold_expires_at else ""
    factors = ",".join(map(_factor, risk.factors)) if risk.factors else ""
    return (
        f'{{"agent_id":"{text.agent_id}","amount":"{text.amount}","budget_remaining":{{"daily":"{cents_text(daily)}",'
        f'"monthly":"{cents_text(monthly)}","weekly":"{cents_text(weekly)}"}},"cfo_agent_id":"{decided.cfo_agent_id}",'
        f'"conditions":[{conditions}],"decided_at":"{decided.decided_at}","decision":"{verdict.decision}",'
        f'{hold}"justification":{text.justification},"kind":"decision","projected_roi":"{text.projected_roi}",'
        f'"reason":{quoted(verdict.reason)},"reason_code":"{verdict.reason_code}","request_id":"{text.request_id}",'
        f'"request_type":"{request_type}","risk_factors":[{factors}],'
        f'"risk_score":"{cents_text(risk.hundredths)}","seq":{decided.seq},"tx_id":"{decided.tx_id}"}}'
    )


def _factor(factor: RiskFactor) -> str:
    return f'{{"code":"{factor.code}","points":"{cents_text(factor.points)}","value":{quoted(factor.value)}}}'


def uuid_text(raw: bytes) -> str:
    """The usual text of 16 raw bytes."""
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
