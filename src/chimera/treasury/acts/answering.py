"""Answering an escalated request: by a person, or by nobody in time. Pure: the scene's lines are changed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from chimera.core.errors import BudgetExceeded, Conflict, Detail, Forbidden, NotFound, SpendPaused, ValidationFailed
from chimera.core.vocabulary import Decision, EntryKind
from chimera.storage.records.batch import EnteredRow, EscalationRow
from chimera.treasury.acts.act import Answer, Draft, Lapse, Played, Scene, child, following, moment_text
from chimera.treasury.amounts import cents_of_micros, cents_text, micros_text, usd_of_cents
from chimera.treasury.decision import ReasonCode

EXPIRY = "expiry"
"""Who answers an escalation that nobody answered."""


def _names(by: str, agent_id: UUID) -> bool:
    """Whether a name has the agent's id in it, such as `finance:<id>` of a token's holder."""
    return agent_id.hex in by.lower().replace("-", "")


def answer(act: Answer, scene: Scene) -> Played:
    """A person approves, in full or for less, or rejects."""
    escalated = _escalated(act.tx_id, scene)
    if _names(act.by, escalated.agent_id):
        raise Forbidden("the requester can't answer its own escalation: let another person decide", {"by": act.by})
    amount = escalated.amount_micros if act.amount_micros is None else act.amount_micros
    if given := child(escalated, EntryKind.HUMAN, scene):
        return _answered_before(act, amount, given)
    waiting = scene.escalation(act.tx_id)
    if waiting is None or waiting.expires_at <= scene.at:
        raise Conflict(f"the time to answer {act.tx_id} is over: ask again under a new request_id")
    if not act.approve:
        return _rejected(escalated, act.by, ReasonCode.HUMAN_REJECTED, act.reason, scene)
    return _approved(escalated, waiting, act, amount, scene)


def _approved(escalated: EnteredRow, waiting: EscalationRow, act: Answer, amount: int, scene: Scene) -> Played:
    if scene.paused_by is not None:
        raise SpendPaused("spending is paused: resume it first (`chimera spend resume`), then approve")
    if amount > escalated.amount_micros:
        raise ValidationFailed(
            f"only up to the {micros_text(escalated.amount_micros)} that were asked for can be approved",
            {"field": "amount"},
        )
    charged = scene.charged(escalated.request_type, scene.at)
    cents, left = cents_of_micros(amount), min(charged.left())
    if cents > left:
        raise BudgetExceeded(
            f"{cents_text(cents)} no longer fit into the budget, {cents_text(left)} are left: approve less, or raise "
            "the limit (`chimera budget set`)",
            {"requested": float(usd_of_cents(cents)), "remaining": float(usd_of_cents(left))},
        )
    until = scene.at + timedelta(seconds=waiting.hold_seconds) if waiting.hold_seconds else None
    charged.take(cents, cents if until else 0)
    more: dict[str, Detail] = {"hold_expires_at": moment_text(until)} if until else {}
    draft = _human(escalated, act.by, Decision.APPROVED, ReasonCode.HUMAN_APPROVED, act.reason, amount, scene, more)
    return Played([draft], answers=escalated.tx_id, holds_until=until)


def _rejected(escalated: EnteredRow, by: str, code: ReasonCode, reason: str, scene: Scene) -> Played:
    draft = _human(escalated, by, Decision.REJECTED, code, reason, escalated.amount_micros, scene, {})
    return Played([draft], answers=escalated.tx_id)


def _answered_before(act: Answer, amount: int, given: EnteredRow) -> Played:
    same = (given.approved, given.payload["answered_by"], given.amount_micros) == (act.approve, act.by, amount)
    if same:
        return Played(same_tx=given.tx_id)
    told = {"tx_id": str(act.tx_id), "decision": given.decision}
    if given.payload["reason_code"] == ReasonCode.ESCALATION_EXPIRED:
        raise Conflict(f"the time to answer {act.tx_id} is over: ask again under a new request_id", told)
    raise Conflict(f"{act.tx_id} was {given.decision} by {given.payload['answered_by']} already", told)


def lapse(act: Lapse, scene: Scene) -> Played:
    """Nobody answered in time: the request is rejected."""
    waiting = scene.escalation(act.tx_id)
    if waiting is None or waiting.expires_at > scene.at:
        return Played()
    reason = f"Nobody answered by {waiting.expires_at.isoformat(timespec='seconds')}"
    return _rejected(_escalated(act.tx_id, scene), EXPIRY, ReasonCode.ESCALATION_EXPIRED, reason, scene)


def _escalated(tx_id: UUID, scene: Scene) -> EnteredRow:
    row = scene.row(tx_id)
    if row is None or row.decision != Decision.ESCALATED:
        raise NotFound(f"{tx_id} is no escalated request: see `chimera approvals list`", {"tx_id": str(tx_id)})
    return row


def _human(
    escalated: EnteredRow,
    by: str,
    decision: Decision,
    code: ReasonCode,
    reason: str,
    micros: int,
    scene: Scene,
    more: Mapping[str, Detail],
) -> Draft:
    daily, weekly, monthly = scene.charged(escalated.request_type, scene.at).left()
    remaining: Detail = {
        "daily": cents_text(daily), "weekly": cents_text(weekly), "monthly": cents_text(monthly)
    }  # fmt: skip
    asked = escalated.payload
    told: dict[str, Detail] = {
        **more,
        "decision": decision.value,
        "answered_by": by,
        "projected_roi": asked["projected_roi"],
        "risk_score": asked["risk_score"],
        "risk_factors": [],
        "conditions": [],
        "budget_remaining": remaining,
    }
    return replace(
        following(escalated, EntryKind.HUMAN, code, reason, micros, told),
        decision=decision,
        roi_hundredths=_hundredths(escalated.projected_roi),
        risk_hundredths=_hundredths(escalated.risk_score),
    )


def _hundredths(value: Decimal | None) -> int | None:
    return None if value is None else int(value.scaleb(2))
