"""Closing an approval: settled at what was spent, voided, or expired. Pure: the scene's lines are changed."""

from uuid import UUID

from chimera.core.errors import Conflict, Detail, NotFound
from chimera.core.vocabulary import EntryKind
from chimera.storage.records.batch import EnteredRow
from chimera.treasury.acts.act import Draft, Expire, Played, Scene, Settle, Void, child, following, is_hold
from chimera.treasury.acts.pausing import switch
from chimera.treasury.amounts import cents_of_micros, cents_text, micros_text
from chimera.treasury.decision import ReasonCode
from chimera.treasury.lines import Charged

CLOSING = frozenset({EntryKind.SETTLE.value, EntryKind.VOID.value, EntryKind.EXPIRE.value})
BY_OVERRUN = "overrun"
"""Who pauses spending when money was spent beyond a budget."""


def settle(act: Settle, scene: Scene) -> Played:
    """The approval is over: so much was spent; what lies above it is booked as an overrun."""
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
    more: dict[str, Detail] = {"approved_amount": approved_text}
    settled = following(approval, EntryKind.SETTLE, ReasonCode.SETTLED, reason, actual, more)
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
        following(approval, EntryKind.OVERRUN, ReasonCode.OVERRUN, reason, excess, {"booked": shown}),
    ]
    in_debt = any(line.debt for line in charged.each)
    pauses = in_debt and scene.paused_by is None
    if pauses:
        told = f"{reason}, and beyond a budget: look into it, then resume"
        drafts.append(switch(EntryKind.PAUSE, ReasonCode.OVERRUN, told, BY_OVERRUN, scene.fresh_id(), scene))
    return Played(drafts, closes_hold=approval.tx_id, pauses=pauses, spoils=approval)


def _settled_before(act: Settle, approval: EnteredRow, done: EnteredRow, scene: Scene) -> Played:
    overrun = child(approval, EntryKind.OVERRUN, scene)
    spent = done.amount_micros + (overrun.amount_micros if overrun else 0)
    if done.kind == EntryKind.SETTLE and spent == act.actual_micros:
        return Played(same_tx=done.tx_id)
    raise _closed(approval, done)


def void(act: Void, scene: Scene) -> Played:
    """The approval is over: nothing was spent."""
    approval = _approval(act.request_id, scene)
    if done := _closing(approval, scene):
        if done.kind == EntryKind.VOID:
            return Played(same_tx=done.tx_id)
        raise _closed(approval, done)
    _give_back(approval, scene)
    draft = following(approval, EntryKind.VOID, ReasonCode.VOIDED, act.reason, approval.amount_micros, {})
    return Played([draft], closes_hold=approval.tx_id, spoils=approval)


def expire(act: Expire, scene: Scene) -> Played:
    """The hold is over, unless its spending was begun."""
    hold, approval = scene.hold(act.tx_id), scene.row(act.tx_id)
    if hold is None or approval is None or hold.submitted_at is not None or hold.expires_at > scene.at:
        return Played()
    _give_back(approval, scene)
    reason = f"Not begun by {hold.expires_at.isoformat(timespec='seconds')}: the hold is released"
    draft = following(approval, EntryKind.EXPIRE, ReasonCode.EXPIRED, reason, approval.amount_micros, {})
    return Played([draft], closes_hold=approval.tx_id, spoils=approval)


def _give_back(approval: EnteredRow, scene: Scene) -> None:
    cents = cents_of_micros(approval.amount_micros)
    charged = scene.charged(approval.request_type, approval.created_at)
    charged.take(-cents, -cents if is_hold(approval) else 0)


def _approval(request_id: UUID, scene: Scene) -> EnteredRow:
    for row in scene.rows_of(request_id):
        if row.approved:
            return row
    told: dict[str, Detail] = {"request_id": str(request_id)}
    raise NotFound(f"request {request_id} was never approved: there is nothing to settle", told)


def _closing(approval: EnteredRow, scene: Scene) -> EnteredRow | None:
    return next((row for row in scene.rows_of(approval.request_id) if row.kind in CLOSING), None)


def _closed(approval: EnteredRow, done: EnteredRow) -> Conflict:
    told = {"settle": "settled", "void": "voided", "expire": "released, its time was over"}[done.kind]
    return Conflict(
        f"request {approval.request_id} was {told} at {micros_text(done.amount_micros)} already",
        {"request_id": str(approval.request_id), "tx_id": str(done.tx_id), "kind": done.kind},
    )
