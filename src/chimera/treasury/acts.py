"""What may follow a decision: a person's answer, settling, voiding, expiring, pausing. Pure: what is read goes in.

Each act gives the rows it adds to the ledger and what it opens and closes; the lines it is handed are changed.
Which effect each kind of row has stands in docs/treasury.md, and `audit` recomputes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from chimera.core.errors import (
    BudgetExceeded,
    Conflict,
    Detail,
    Forbidden,
    NotFound,
    SpendPaused,
    ValidationFailed,
)
from chimera.core.vocabulary import Decision, EntryKind
from chimera.storage.records.batch import EnteredRow, EscalationRow, HoldRow
from chimera.treasury.amounts import cents_of_micros, cents_text, micros_text, usd_of_cents
from chimera.treasury.decision import ReasonCode
from chimera.treasury.lines import Charged

CLOSING = frozenset({EntryKind.SETTLE.value, EntryKind.VOID.value, EntryKind.EXPIRE.value})
EXPIRY = "expiry"
"""Who answers an escalation that nobody answered."""
BY_OVERRUN = "overrun"
"""Who pauses spending when money was spent beyond a budget."""
NOMINAL_MICROS = 10_000
"""The amount of a row that moves no money: the column takes none below a cent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A person's answer to an escalation; `amount_micros` approves less than was asked."""

    tx_id: UUID
    by: str
    approve: bool
    reason: str
    amount_micros: int | None


@dataclass(frozen=True, slots=True)
class Settle:
    request_id: UUID
    actual_micros: int


@dataclass(frozen=True, slots=True)
class Void:
    request_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class Expire:
    """A hold whose time is over, unless its effect was begun."""

    tx_id: UUID


@dataclass(frozen=True, slots=True)
class Lapse:
    """An escalation that nobody answered in time."""

    tx_id: UUID


@dataclass(frozen=True, slots=True)
class Pause:
    request_id: UUID
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Resume:
    request_id: UUID
    by: str
    reason: str


Act = Answer | Settle | Void | Expire | Lapse | Pause | Resume


@dataclass(frozen=True, slots=True)
class Draft:
    """A row to be added; `more` holds the payload's fields beyond those that all kinds have."""

    kind: EntryKind
    reason_code: ReasonCode
    reason: str
    agent_id: UUID
    request_id: UUID
    request_type: str
    amount_micros: int
    justification: str
    parent_tx: UUID | None = None
    decision: Decision | None = None
    roi_hundredths: int | None = None
    risk_hundredths: int | None = None
    more: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Played:
    """What an act comes to. `same_tx`: the row in which it was done before. `spoils`: it went not as approved."""

    drafts: Sequence[Draft] = ()
    same_tx: UUID | None = None
    closes_hold: UUID | None = None
    answers: UUID | None = None
    holds_until: datetime | None = None
    pauses: bool = False
    resumes: bool = False
    spoils: EnteredRow | None = None


class Scene(Protocol):
    """What an act sees of the books, under their lock."""

    at: datetime

    @property
    def paused_by(self) -> UUID | None: ...

    def rows_of(self, request_id: UUID) -> Sequence[EnteredRow]: ...

    def row(self, tx_id: UUID) -> EnteredRow | None: ...

    def hold(self, tx_id: UUID) -> HoldRow | None: ...

    def escalation(self, tx_id: UUID) -> EscalationRow | None: ...

    def charged(self, request_type: str, anchor: datetime) -> Charged:
        """The lines of the periods that `anchor` lies in."""

    def cfo(self) -> UUID: ...

    def fresh_id(self) -> UUID:
        """The id of a request that no agent made."""


def play(act: Act, scene: Scene) -> Played:
    """Carry the act out on the scene's lines.

    Raises:
        NotFound, Conflict, Forbidden, ValidationFailed, BudgetExceeded, SpendPaused: nothing was changed.
    """
    match act:
        case Answer():
            return _answer(act, scene)
        case Settle():
            return _settle(act, scene)
        case Void():
            return _void(act, scene)
        case Expire():
            return _expire(act, scene)
        case Lapse():
            return _lapse(act, scene)
        case Pause():
            return _pause(act, scene)
        case Resume():
            return _resume(act, scene)


def _settle(act: Settle, scene: Scene) -> Played:
    approval = _approval(act.request_id, scene)
    if done := _closing(approval, scene):
        return _settled_before(act, approval, done, scene)
    charged = scene.charged(approval.request_type, approval.created_at)
    actual = min(act.actual_micros, approval.amount_micros)
    excess = act.actual_micros - actual
    approved_cents = cents_of_micros(approval.amount_micros)
    charged.take(cents_of_micros(actual) - approved_cents, -approved_cents if is_hold(approval) else 0)
    approved_text = micros_text(approval.amount_micros)
    reason = f"Spent {micros_text(act.actual_micros)} of {approved_text} approved"
    settled = _after(approval, EntryKind.SETTLE, ReasonCode.SETTLED, reason, actual, {"approved_amount": approved_text})
    if not excess:
        return Played([settled], closes_hold=approval.tx_id)
    return _overrun(approval, settled, excess, charged, scene)


def _overrun(approval: EnteredRow, settled: Draft, excess: int, charged: Charged, scene: Scene) -> Played:
    booked = charged.overrun(cents_of_micros(excess))
    shown: dict[str, Detail] = {
        period: {category: cents_text(cents) for category, cents in lines.items()} for period, lines in booked.items()
    }
    reason = f"Spent {micros_text(excess)} beyond the {micros_text(approval.amount_micros)} approved"
    drafts = [
        settled,
        _after(approval, EntryKind.OVERRUN, ReasonCode.OVERRUN, reason, excess, {"booked": shown}),
    ]
    in_debt = any(line.debt for line in charged.each)
    pauses = in_debt and scene.paused_by is None
    if pauses:
        told = f"{reason}, and beyond a budget: look into it, then resume"
        drafts.append(_switch(EntryKind.PAUSE, ReasonCode.OVERRUN, told, BY_OVERRUN, scene.fresh_id(), scene))
    return Played(drafts, closes_hold=approval.tx_id, pauses=pauses, spoils=approval)


def _settled_before(act: Settle, approval: EnteredRow, done: EnteredRow, scene: Scene) -> Played:
    overrun = _child(approval, EntryKind.OVERRUN, scene)
    spent = done.amount_micros + (overrun.amount_micros if overrun else 0)
    if done.kind == EntryKind.SETTLE and spent == act.actual_micros:
        return Played(same_tx=done.tx_id)
    raise _closed(approval, done)


def _void(act: Void, scene: Scene) -> Played:
    approval = _approval(act.request_id, scene)
    if done := _closing(approval, scene):
        if done.kind == EntryKind.VOID:
            return Played(same_tx=done.tx_id)
        raise _closed(approval, done)
    _give_back(approval, scene)
    draft = _after(approval, EntryKind.VOID, ReasonCode.VOIDED, act.reason, approval.amount_micros, {})
    return Played([draft], closes_hold=approval.tx_id, spoils=approval)


def _expire(act: Expire, scene: Scene) -> Played:
    hold, approval = scene.hold(act.tx_id), scene.row(act.tx_id)
    if hold is None or approval is None or hold.submitted_at is not None or hold.expires_at > scene.at:
        return Played()
    _give_back(approval, scene)
    reason = f"Not begun by {hold.expires_at.isoformat(timespec='seconds')}: the hold is released"
    draft = _after(approval, EntryKind.EXPIRE, ReasonCode.EXPIRED, reason, approval.amount_micros, {})
    return Played([draft], closes_hold=approval.tx_id, spoils=approval)


def _give_back(approval: EnteredRow, scene: Scene) -> None:
    cents = cents_of_micros(approval.amount_micros)
    charged = scene.charged(approval.request_type, approval.created_at)
    charged.take(-cents, -cents if is_hold(approval) else 0)


def _names(by: str, agent_id: UUID) -> bool:
    """Whether a name has the agent's id in it, such as `finance:<id>` of a token's holder."""
    return agent_id.hex in by.lower().replace("-", "")


def _answer(act: Answer, scene: Scene) -> Played:
    escalated = _escalated(act.tx_id, scene)
    if _names(act.by, escalated.agent_id):
        raise Forbidden("the requester can't answer its own escalation: let another person decide", {"by": act.by})
    amount = escalated.amount_micros if act.amount_micros is None else act.amount_micros
    if given := _child(escalated, EntryKind.HUMAN, scene):
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


def _lapse(act: Lapse, scene: Scene) -> Played:
    waiting = scene.escalation(act.tx_id)
    if waiting is None or waiting.expires_at > scene.at:
        return Played()
    reason = f"Nobody answered by {waiting.expires_at.isoformat(timespec='seconds')}"
    return _rejected(_escalated(act.tx_id, scene), EXPIRY, ReasonCode.ESCALATION_EXPIRED, reason, scene)


def _pause(act: Pause, scene: Scene) -> Played:
    if scene.paused_by is not None:
        return Played(same_tx=scene.paused_by)
    draft = _switch(EntryKind.PAUSE, ReasonCode.PAUSED, act.reason, act.by, act.request_id, scene)
    return Played([draft], pauses=True)


def _resume(act: Resume, scene: Scene) -> Played:
    for row in scene.rows_of(act.request_id):
        return Played(same_tx=row.tx_id)
    if scene.paused_by is None:
        raise Conflict("spending is not paused: there is nothing to resume")
    draft = _switch(EntryKind.RESUME, ReasonCode.RESUMED, act.reason, act.by, act.request_id, scene)
    return Played([draft], resumes=True)


def is_hold(approval: EnteredRow) -> bool:
    """Whether the approval is held until it is settled; any other counts as spent at once."""
    return "hold_expires_at" in approval.payload


def moment_text(at: datetime) -> str:
    """A moment as documents tell it: UTC, microseconds, `Z`."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _approval(request_id: UUID, scene: Scene) -> EnteredRow:
    for row in scene.rows_of(request_id):
        if row.approved:
            return row
    raise NotFound(f"request {request_id} was never approved: there is nothing to settle", _of(request_id))


def _escalated(tx_id: UUID, scene: Scene) -> EnteredRow:
    row = scene.row(tx_id)
    if row is None or row.decision != Decision.ESCALATED:
        raise NotFound(f"{tx_id} is no escalated request: see `chimera approvals list`", {"tx_id": str(tx_id)})
    return row


def _closing(approval: EnteredRow, scene: Scene) -> EnteredRow | None:
    return next((row for row in scene.rows_of(approval.request_id) if row.kind in CLOSING), None)


def _child(parent: EnteredRow, kind: EntryKind, scene: Scene) -> EnteredRow | None:
    return next((row for row in scene.rows_of(parent.request_id) if row.kind == kind), None)


def _closed(approval: EnteredRow, done: EnteredRow) -> Conflict:
    told = {"settle": "settled", "void": "voided", "expire": "released, its time was over"}[done.kind]
    return Conflict(
        f"request {approval.request_id} was {told} at {micros_text(done.amount_micros)} already",
        {"request_id": str(approval.request_id), "tx_id": str(done.tx_id), "kind": done.kind},
    )


def _of(request_id: UUID) -> dict[str, Detail]:
    return {"request_id": str(request_id)}


def _after(
    approval: EnteredRow, kind: EntryKind, code: ReasonCode, reason: str, micros: int, more: Mapping[str, Detail]
) -> Draft:
    return Draft(
        kind=kind,
        reason_code=code,
        reason=reason,
        agent_id=approval.agent_id,
        request_id=approval.request_id,
        request_type=approval.request_type,
        amount_micros=micros,
        justification=approval.justification,
        parent_tx=approval.tx_id,
        more=more,
    )


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
    return Draft(
        kind=EntryKind.HUMAN,
        reason_code=code,
        reason=reason,
        agent_id=escalated.agent_id,
        request_id=escalated.request_id,
        request_type=escalated.request_type,
        amount_micros=micros,
        justification=escalated.justification,
        parent_tx=escalated.tx_id,
        decision=decision,
        roi_hundredths=_hundredths(escalated.projected_roi),
        risk_hundredths=_hundredths(escalated.risk_score),
        more={
            **more,
            "decision": decision.value,
            "answered_by": by,
            "projected_roi": asked["projected_roi"],
            "risk_score": asked["risk_score"],
            "risk_factors": [],
            "conditions": [],
            "budget_remaining": remaining,
        },
    )


def _switch(kind: EntryKind, code: ReasonCode, reason: str, by: str, request_id: UUID, scene: Scene) -> Draft:
    return Draft(
        kind=kind,
        reason_code=code,
        reason=reason,
        agent_id=scene.cfo(),
        request_id=request_id,
        request_type="api_call",
        amount_micros=NOMINAL_MICROS,
        justification=reason,
        more={"by": by},
    )


def _hundredths(value: Decimal | None) -> int | None:
    return None if value is None else int(value.scaleb(2))
