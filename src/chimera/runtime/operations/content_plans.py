"""When pieces go out, as people order it under `/v1/content` (`chimera content schedule|publish-now|unschedule`)."""

from typing import Annotated

from pydantic import Field

from chimera.contracts.contract import Moment
from chimera.contracts.publication_plan import PublicationPlan
from chimera.core.errors import Conflict, NotFound, ValidationFailed
from chimera.pipeline.planning import Planning
from chimera.runtime.operations.content import ContentNamed
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import WRITING, AnyOperation, Call, Operation
from chimera.runtime.operations.person import actor
from chimera.security.permissions import Permission


class PlanNamed(ContentNamed):
    """`if_version` changes only that version of the plan; 0 only where nothing is planned."""

    if_version: Annotated[int, Field(ge=0)] | None = None


class ScheduleWanted(PlanNamed):
    """When the piece goes out, once it is passed."""

    at: Moment


def content_plan_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    """The actions on when pieces go out."""

    def planning(call: Call) -> Planning:
        return Planning(desk.database, desk.clock, actor(call.caller))

    async def schedule(call: Call, asked: ScheduleWanted) -> PublicationPlan:
        return await planning(call).schedule(asked.content_id, asked.at, asked.if_version)

    async def publish_now(call: Call, asked: PlanNamed) -> PublicationPlan:
        return await planning(call).publish_now(asked.content_id, asked.if_version)

    async def unschedule(call: Call, asked: PlanNamed) -> PublicationPlan:
        return await planning(call).unschedule(asked.content_id, asked.if_version)

    return (
        Operation(
            name="content.schedule",
            summary="Let the piece go out at a time, instead of as soon as it is passed.",
            method="POST",
            path="/v1/content/{content_id}/schedule",
            asks=ScheduleWanted,
            answers=PublicationPlan,
            run=schedule,
            right=Permission.SCHEDULE,
            failures=(NotFound, Conflict, ValidationFailed),
            rate=WRITING,
        ),
        Operation(
            name="content.publish_now",
            summary="Let the piece go out as soon as it is passed.",
            method="POST",
            path="/v1/content/{content_id}/publish-now",
            asks=PlanNamed,
            answers=PublicationPlan,
            run=publish_now,
            right=Permission.SCHEDULE,
            failures=(NotFound, Conflict, ValidationFailed),
            rate=WRITING,
        ),
        Operation(
            name="content.unschedule",
            summary="Keep the piece back until it is scheduled again, or cancelled for good.",
            method="POST",
            path="/v1/content/{content_id}/unschedule",
            asks=PlanNamed,
            answers=PublicationPlan,
            run=unschedule,
            right=Permission.SCHEDULE,
            failures=(NotFound, Conflict, ValidationFailed),
            rate=WRITING,
        ),
    )
