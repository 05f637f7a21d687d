"""What a person says to a piece that waits in review: it goes out, or fails with the reason; twice is once."""

from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4, uuid5

import pytest

from chimera.contracts.review import Review, ReviewOutcome
from chimera.core.clock import FixedClock
from chimera.core.errors import Conflict, Forbidden, NotFound
from chimera.core.vocabulary import Role, Stage
from chimera.pipeline.crew import Crew
from chimera.pipeline.releasing import release_answered
from chimera.pipeline.stages import Stages
from chimera.runtime.coordination.answers import answer
from chimera.storage.database import Database
from chimera.storage.records import content_pipeline, publication_plan, review_item
from chimera.storage.records.content_pipeline import ContentRecord
from chimera.storage.records.publication_plan import PlanRecord
from chimera.storage.records.review_item import ReviewItem
from factories_coordination import LightPieces, Rig, light_review, open_rig
from factories_trend_rows import insert_trend
from factories_workshop import OpenGate


@dataclass
class Publisher:
    published: list[Review] = field(default_factory=list)

    async def publish(self, content_id: UUID, review: Review) -> None:
        assert review.content_id == content_id
        self.published.append(review)


class Halted(OpenGate):
    def halted(self) -> bool:
        return True


@dataclass
class Waiting:
    """A piece in review that waits for a person."""

    rig: Rig
    content_id: UUID
    item_id: UUID
    publisher: Publisher
    crew: Crew

    async def say(self, *, approve: bool, by: str = "an editor") -> ReviewItem:
        return await answer(self.rig.database, self.rig.clock, self.item_id, by=by, approve=approve, reason="seen it")

    async def piece(self) -> ContentRecord:
        async with self.rig.database.transaction() as connection:
            found = await content_pipeline.get(connection, self.content_id)
        assert found is not None
        return found


@pytest.fixture
async def waiting(database: Database, clock: FixedClock) -> Waiting:
    rig = await open_rig(database, clock, [])
    trend = await insert_trend(database, clock, 1)
    pieces = LightPieces(database, clock, rig.ids[Role.DIRECTOR])
    content_id = uuid4()
    await pieces.start(content_id, {"trend_id": str(trend.trend_id)})
    stages, publisher = Stages(database, clock), Publisher()
    for stage in (Stage.GENERATING, Stage.REVIEW):
        await stages.advance(content_id, stage)
    review = light_review(content_id, "0.80", ReviewOutcome.HUMAN)
    item_id = uuid5(content_id, "review")
    async with database.transaction() as connection:
        await content_pipeline.merge_metadata(connection, content_id, {"review": review.model_dump(mode="json")})
        item = ReviewItem(item_id, "content", None, content_id, "a title", [], "why", "waiting", clock.now())
        await review_item.add(connection, item)
    crew = SimpleNamespace(
        halt=OpenGate(), timetable=OpenGate(), worker=publisher, stages=stages, database=database, clock=clock
    )
    return Waiting(rig, content_id, item_id, publisher, cast("Crew", crew))


async def test_an_approved_piece_goes_out_once_with_who_passed_it(waiting: Waiting) -> None:
    await waiting.say(approve=True)
    assert await release_answered(waiting.crew) == 1
    assert await release_answered(waiting.crew) == 0
    (review,) = waiting.publisher.published
    assert review.outcome is ReviewOutcome.PASSED
    assert "passed by an editor: seen it" in review.reasons
    piece = await waiting.piece()
    assert piece.stage is Stage.PUBLISHED
    assert piece.metadata["review"]["passed_by"] == "an editor"


async def test_a_rejected_piece_fails_with_the_reason(waiting: Waiting) -> None:
    await waiting.say(approve=False)
    assert await release_answered(waiting.crew) == 1
    piece = await waiting.piece()
    assert piece.stage is Stage.FAILED
    assert piece.metadata["error"]["code"] == "APPROVAL_REJECTED"
    assert "seen it" in piece.metadata["error"]["message"]
    assert not waiting.publisher.published


async def test_what_nobody_has_answered_stays(waiting: Waiting) -> None:
    assert await release_answered(waiting.crew) == 0
    assert (await waiting.piece()).stage is Stage.REVIEW


async def test_an_approved_piece_waits_for_its_time(waiting: Waiting) -> None:
    now = waiting.rig.clock.now()
    planned = PlanRecord(waiting.content_id, now + timedelta(hours=1), "planned", 1, "planner", now)
    async with waiting.rig.database.transaction() as connection:
        await publication_plan.put(connection, planned, over_version=0)
    await waiting.say(approve=True)
    assert await release_answered(waiting.crew) == 0
    waiting.rig.clock.advance(timedelta(hours=1))
    assert await release_answered(waiting.crew) == 1


async def test_nothing_goes_out_while_the_studio_is_halted(waiting: Waiting) -> None:
    await waiting.say(approve=True)
    cast("Any", waiting.crew).halt = Halted()
    assert await release_answered(waiting.crew) == 0


async def test_a_piece_that_failed_its_review_does_not_go_out_whoever_says_so(waiting: Waiting) -> None:
    review = light_review(waiting.content_id, "0.10", ReviewOutcome.FAILED)
    async with waiting.rig.database.transaction() as connection:
        document = {"review": review.model_dump(mode="json")}
        await content_pipeline.merge_metadata(connection, waiting.content_id, document)
    await waiting.say(approve=True)
    assert await release_answered(waiting.crew) == 0
    assert not waiting.publisher.published


async def test_the_same_answer_twice_is_one_and_another_is_refused(waiting: Waiting) -> None:
    first = await waiting.say(approve=True)
    assert await waiting.say(approve=True) == first
    with pytest.raises(Conflict, match="approved by an editor already"):
        await waiting.say(approve=False)
    with pytest.raises(Conflict):
        await waiting.say(approve=True, by="another editor")


async def test_who_made_the_piece_cannot_pass_it(waiting: Waiting) -> None:
    with pytest.raises(Forbidden, match="who made it"):
        await waiting.say(approve=True, by=f"studio:{waiting.rig.ids[Role.DIRECTOR]}")


async def test_an_unknown_item_is_not_found(waiting: Waiting) -> None:
    with pytest.raises(NotFound, match="review list"):
        await answer(waiting.rig.database, waiting.rig.clock, uuid4(), by="me", approve=True, reason="")
