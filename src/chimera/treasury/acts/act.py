"""What may follow a decision, and what an act comes to: the rows it adds, what it opens and closes.

Which effect each kind of row has stands in docs/treasury.md, and `audit` recomputes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from chimera.core.errors import Detail
from chimera.core.vocabulary import Decision, EntryKind
from chimera.storage.records.batch import EnteredRow, EscalationRow, HoldRow
from chimera.treasury.decision import ReasonCode
from chimera.treasury.lines import Charged


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


def following(
    parent: EnteredRow, kind: EntryKind, code: ReasonCode, reason: str, micros: int, more: Mapping[str, Detail]
) -> Draft:
    """A row about the same request as its `parent`."""
    return Draft(
        kind=kind,
        reason_code=code,
        reason=reason,
        agent_id=parent.agent_id,
        request_id=parent.request_id,
        request_type=parent.request_type,
        amount_micros=micros,
        justification=parent.justification,
        parent_tx=parent.tx_id,
        more=more,
    )


def child(parent: EnteredRow, kind: EntryKind, scene: Scene) -> EnteredRow | None:
    """The row of this kind about the same request."""
    return next((row for row in scene.rows_of(parent.request_id) if row.kind == kind), None)


def is_hold(approval: EnteredRow) -> bool:
    """Whether the approval is held until it is settled; any other counts as spent at once."""
    return "hold_expires_at" in approval.payload


def moment_text(at: datetime) -> str:
    """A moment as documents tell it: UTC, microseconds, `Z`."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
