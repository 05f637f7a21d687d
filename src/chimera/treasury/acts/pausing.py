"""Pausing and resuming all spending. Pure."""

from uuid import UUID

from chimera.core.errors import Conflict
from chimera.core.vocabulary import EntryKind
from chimera.treasury.acts.act import Draft, Pause, Played, Resume, Scene
from chimera.treasury.decision import ReasonCode

NOMINAL_MICROS = 10_000
"""The amount of a row that moves no money: the column takes none below a cent."""


def pause(act: Pause, scene: Scene) -> Played:
    """Nothing is approved from here on."""
    if scene.paused_by is not None:
        return Played(same_tx=scene.paused_by)
    draft = switch(EntryKind.PAUSE, ReasonCode.PAUSED, act.reason, act.by, act.request_id, scene)
    return Played([draft], pauses=True)


def resume(act: Resume, scene: Scene) -> Played:
    """Spending goes on."""
    for row in scene.rows_of(act.request_id):
        return Played(same_tx=row.tx_id)
    if scene.paused_by is None:
        raise Conflict("spending is not paused: there is nothing to resume")
    draft = switch(EntryKind.RESUME, ReasonCode.RESUMED, act.reason, act.by, act.request_id, scene)
    return Played([draft], resumes=True)


def switch(kind: EntryKind, code: ReasonCode, reason: str, by: str, request_id: UUID, scene: Scene) -> Draft:
    """A row that pauses or resumes all spending, in the CFO's own name."""
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
