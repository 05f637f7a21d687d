"""`/v1/studio` and `/v1/objectives`: a person's word to stop everything, and to pause a channel."""

from typing import Annotated

from pydantic import Field

from chimera.contracts.contract import Contract
from chimera.contracts.halt import HaltState
from chimera.contracts.objective_state import ObjectiveList, ObjectiveStanding
from chimera.core.errors import NotFound, ValidationFailed
from chimera.pipeline import halting
from chimera.runtime.coordination import objectives
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import WRITING, AnyOperation, Call, Operation
from chimera.runtime.operations.person import actor
from chimera.security.permissions import Permission
from chimera.storage.records import objective as objective_rows
from chimera.storage.records.objective import ObjectiveRecord

REASON_CHARACTERS_MAX = 500
Reason = Annotated[str, Field(min_length=1, max_length=REASON_CHARACTERS_MAX, pattern=r"\S")]


class StudioAsked(Contract):
    """No field: all of it is told."""


class HaltWanted(Contract):
    """Why; whoever asks is told."""

    reason: Reason


class ObjectiveNamed(Contract):
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,99}$")]


class ObjectivePaused(ObjectiveNamed):
    """Why; it is shown where the objective is."""

    reason: Reason = "a person paused it"


def studio_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    """The studio's halt and its objectives."""

    async def state(_call: Call, _asked: StudioAsked) -> HaltState:
        return await halting.state(desk.database)

    async def halt(call: Call, asked: HaltWanted) -> HaltState:
        return await halting.halt(desk.database, desk.clock, by=actor(call.caller), reason=asked.reason.strip())

    async def unhalt(call: Call, asked: HaltWanted) -> HaltState:
        return await halting.unhalt(desk.database, desk.clock, by=actor(call.caller), reason=asked.reason.strip())

    async def list_objectives(_call: Call, _asked: StudioAsked) -> ObjectiveList:
        async with desk.database.transaction() as connection:
            return ObjectiveList(objectives=tuple(map(_told, await objective_rows.all_of(connection))))

    async def pause(call: Call, asked: ObjectivePaused) -> ObjectiveStanding:
        reason = f"{actor(call.caller)}: {asked.reason.strip()}"
        return _told(await objectives.pause(desk.database, desk.clock, asked.name, reason))

    async def resume(_call: Call, asked: ObjectiveNamed) -> ObjectiveStanding:
        return _told(await objectives.set_going(desk.database, desk.clock, asked.name))

    return (
        Operation(
            name="studio.show",
            summary="Tell whether the studio is halted, by whom and why.",
            method="GET",
            path="/v1/studio",
            asks=StudioAsked,
            answers=HaltState,
            run=state,
            right=Permission.READ_CONTENT,
        ),
        Operation(
            name="studio.halt",
            summary="Stop everything at its next safe point: nothing new begins, nothing is published.",
            method="POST",
            path="/v1/studio/halt",
            asks=HaltWanted,
            answers=HaltState,
            run=halt,
            right=Permission.HALT,
            failures=(ValidationFailed,),
            rate=WRITING,
        ),
        Operation(
            name="studio.unhalt",
            summary="Let everything go on where it stopped.",
            method="POST",
            path="/v1/studio/unhalt",
            asks=HaltWanted,
            answers=HaltState,
            run=unhalt,
            right=Permission.HALT,
            failures=(ValidationFailed,),
            rate=WRITING,
        ),
        Operation(
            name="objectives.list",
            summary="List every channel's objective and whether it is at work.",
            method="GET",
            path="/v1/objectives",
            asks=StudioAsked,
            answers=ObjectiveList,
            run=list_objectives,
            right=Permission.READ_CONTENT,
        ),
        Operation(
            name="objectives.pause",
            summary="Order nothing more for a channel; what is under way is finished.",
            method="POST",
            path="/v1/objectives/{name}/pause",
            asks=ObjectivePaused,
            answers=ObjectiveStanding,
            run=pause,
            right=Permission.WRITE_TASKS,
            failures=(NotFound, ValidationFailed),
            rate=WRITING,
        ),
        Operation(
            name="objectives.resume",
            summary="Let a paused channel go on.",
            method="POST",
            path="/v1/objectives/{name}/resume",
            asks=ObjectiveNamed,
            answers=ObjectiveStanding,
            run=resume,
            right=Permission.WRITE_TASKS,
            failures=(NotFound, ValidationFailed),
            rate=WRITING,
        ),
    )


def _told(row: ObjectiveRecord) -> ObjectiveStanding:
    return ObjectiveStanding(
        objective_id=row.id,
        name=row.name,
        state=row.state,
        state_reason=row.state_reason,
        version=row.version,
        active_since=row.active_since,
        document=row.document,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
