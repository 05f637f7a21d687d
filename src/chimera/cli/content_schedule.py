"""`chimera content schedule|publish-now|unschedule`: when a piece goes out."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated
from uuid import UUID

from cyclopts import Parameter, validators

from chimera.cli.document import print_json
from chimera.cli.options import Json
from chimera.cli.person import As, person
from chimera.cli.screen import visible
from chimera.cli.studio import studio_of_environment
from chimera.contracts.publication_plan import PublicationPlan
from chimera.core.errors import ValidationFailed
from chimera.pipeline.planning import Planning

ContentId = Annotated[UUID, Parameter(help="A content id, as `chimera content list` shows it.")]
At = Annotated[str, Parameter(help="When, with its zone (ISO 8601): 2026-02-06T18:30:00+01:00.")]
IfVersion = Annotated[
    int | None,
    Parameter(
        validator=validators.Number(gte=0),
        help="Change only this version, as `content show` tells it; 0: only where nothing is planned.",
    ),
]


async def schedule(
    content_id: ContentId, *, at: At, if_version: IfVersion = None, as_: As = None, json: Json = False
) -> None:
    """Let the piece go out at a time, instead of as soon as it is passed."""
    moment = parse_time(at)
    async with _planning(as_) as planning:
        plan = await planning.schedule(content_id, moment, if_version)
    _show(plan, as_json=json)


async def publish_now(
    content_id: ContentId, *, if_version: IfVersion = None, as_: As = None, json: Json = False
) -> None:
    """Let the piece go out as soon as it is passed."""
    async with _planning(as_) as planning:
        plan = await planning.publish_now(content_id, if_version)
    _show(plan, as_json=json)


async def unschedule(
    content_id: ContentId, *, if_version: IfVersion = None, as_: As = None, json: Json = False
) -> None:
    """Keep the piece back: it stays in review until it is scheduled again, or cancelled for good."""
    async with _planning(as_) as planning:
        plan = await planning.unschedule(content_id, if_version)
    _show(plan, as_json=json)


def parse_time(text: str) -> datetime:
    """The moment that `text` names; whether it may be one is told later.

    Raises:
        ValidationFailed: it is no date and time.
    """
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ValidationFailed(
            f"{text!r} is no time: write it with its zone, such as 2026-02-06T18:30:00+01:00", {"field": "at"}
        ) from error


@asynccontextmanager
async def _planning(as_: str | None) -> AsyncIterator[Planning]:
    by = person(as_)
    async with studio_of_environment() as studio:
        yield Planning(studio.database, studio.clock, by)


def plan_text(plan: PublicationPlan) -> str:
    """The plan in a line."""
    by = f"set by {plan.set_by}, version {plan.version}"
    if plan.state == "cancelled" or plan.publish_at is None:
        return f"kept back until it is scheduled again ({by})"
    if plan.state == "released":
        return f"released at {plan.updated_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"{plan.publish_at:%Y-%m-%d %H:%M:%S} UTC ({by})"


def _show(plan: PublicationPlan, *, as_json: bool) -> None:
    if as_json:
        print_json(plan.model_dump(mode="json"))
    else:
        sys.stdout.write(visible(f"{plan.content_id} goes out: {plan_text(plan)}") + "\n")
