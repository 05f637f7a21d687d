"""What people and the planner decide about when a piece goes out. Whether it may go out is the judge's word."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chimera.contracts.publication_plan import PublicationPlan
from chimera.core.clock import Clock
from chimera.core.errors import Conflict, NotFound, ValidationFailed
from chimera.core.vocabulary import Stage
from chimera.storage.database import Connection, Database
from chimera.storage.records import content_pipeline, publication_plan
from chimera.storage.records.publication_plan import PlanRecord, State

PAST_MAX = timedelta(minutes=1)
AHEAD_MAX = timedelta(days=366)
_ENDED = frozenset({Stage.PUBLISHED, Stage.FAILED})


@dataclass(frozen=True, slots=True)
class Planning:
    """Plans under the name `by`. `over_version` is the version the change is made on; None: whichever stands."""

    database: Database
    clock: Clock
    by: str

    async def schedule(self, content_id: UUID, at: datetime, over_version: int | None = None) -> PublicationPlan:
        """Let the piece go out at `at` once it is passed, instead of at once or at an earlier plan's time.

        Raises:
            ValidationFailed: no zone, more than a minute ago, or more than a year ahead.
            NotFound, Conflict: no such piece; it is released, published or failed; or another version stands.
        """
        return await self._put(content_id, checked_time(at, self.clock.now()), "planned", over_version)

    async def publish_now(self, content_id: UUID, over_version: int | None = None) -> PublicationPlan:
        """Let the piece go out as soon as it is passed; errors as `schedule`."""
        return await self._put(content_id, self.clock.now(), "planned", over_version)

    async def unschedule(self, content_id: UUID, over_version: int | None = None) -> PublicationPlan:
        """Keep the piece back until it is scheduled again: it stays in review. Errors as `schedule`."""
        return await self._put(content_id, None, "cancelled", over_version)

    async def _put(
        self, content_id: UUID, at: datetime | None, state: State, over_version: int | None
    ) -> PublicationPlan:
        wanted = PlanRecord(content_id, at, state, 1, self.by, self.clock.now())
        async with self.database.transaction() as connection:
            await _require_open(connection, content_id)
            written = await publication_plan.put(connection, wanted, over_version=over_version)
            if written is None:
                raise _refusal((await publication_plan.get_many(connection, [content_id])).get(content_id))
        return plan_of(written)


async def _require_open(connection: Connection, content_id: UUID) -> None:
    piece = await content_pipeline.get(connection, content_id)
    if piece is None:
        raise NotFound(f"there is no content piece {content_id}", {"content_id": str(content_id)})
    if piece.stage in _ENDED:
        raise Conflict(
            f"content {content_id} is {piece.stage}: when it goes out can't be changed any more",
            {"stage": piece.stage},
        )


def _refusal(stands: PlanRecord | None) -> Conflict:
    if stands is None:
        return Conflict("nothing is planned for the piece (version 0): look again with `chimera content show`")
    if stands.state == "released":
        return Conflict(
            f"content {stands.content_id} was released at {stands.updated_at:%Y-%m-%d %H:%M:%S} UTC and is going out: "
            "it can't be called back",
            {"content_id": str(stands.content_id)},
        )
    when = f"planned for {stands.publish_at:%Y-%m-%d %H:%M} UTC" if stands.state == "planned" else "kept back"
    return Conflict(
        f"the piece is {when} now (version {stands.version}, by {stands.set_by}): look again, then say that version",
        {"version": stands.version, "set_by": stands.set_by},
    )


def checked_time(at: datetime, now: datetime) -> datetime:
    """The time in UTC. Pure.

    Raises:
        ValidationFailed: it has no zone, is more than a minute past, or more than a year ahead.
    """
    if at.tzinfo is None:
        raise ValidationFailed("the time needs its zone, such as 2026-02-06T18:30:00+01:00 or ...Z", {"field": "at"})
    moment = at.astimezone(UTC)
    if now - moment > PAST_MAX:
        raise ValidationFailed(
            f"{moment:%Y-%m-%d %H:%M:%S} UTC is past: name a time to come, or say publish-now", {"field": "at"}
        )
    if moment - now > AHEAD_MAX:
        raise ValidationFailed(
            f"{moment:%Y-%m-%d} is more than a year ahead: plan at most {AHEAD_MAX.days} days", {"field": "at"}
        )
    return moment


def plan_of(record: PlanRecord) -> PublicationPlan:
    """The plan as it is told."""
    return PublicationPlan(
        content_id=record.content_id,
        publish_at=record.publish_at,
        state=record.state,
        version=record.version,
        set_by=record.set_by,
        updated_at=record.updated_at,
    )
