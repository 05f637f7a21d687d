"""The planner chooses once per event, keeps to the budget, and leaves sensitive trends to a person."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal
from uuid import UUID, uuid4

import pytest

from chimera.agents.planner.agent import Planner
from chimera.cli.review import document, table
from chimera.core.clock import FixedClock
from chimera.core.vocabulary import Role, Stage
from chimera.storage.database import Database
from chimera.storage.records import agents, content_pipeline, review_item
from factories_trend_rows import insert_trend

BUDGET = Decimal("500.00")


def deaths(texts: Sequence[str]) -> tuple[str, ...]:
    return ("deaths",) if any("Thatcher" in text or "funeral" in text for text in texts) else ()


@pytest.fixture
def planner(database: Database, clock: FixedClock) -> Planner:
    return Planner(uuid4(), database, clock, deaths)


async def make_piece(database: Database, trend_id: UUID) -> UUID:
    content_id = uuid4()
    async with database.transaction() as connection:
        director = await agents.ensure(connection, Role.DIRECTOR, [], uuid4())
        await content_pipeline.insert_draft(
            connection, content_id, trend_id=trend_id, script="s", visual_prompts=[], metadata={},
            director_agent_id=director,
        )  # fmt: skip
    return content_id


async def test_the_worthier_trend_is_chosen_and_the_other_named(
    database: Database, clock: FixedClock, planner: Planner
) -> None:
    slow = await insert_trend(database, clock, 1, velocity="0.60")
    fast = await insert_trend(database, clock, 3, velocity="4.80")
    choice = await planner.choose((slow, fast), BUDGET)
    assert choice.trend_id == fast.trend_id
    assert "velocity" in choice.reason
    assert [passed.trend_id for passed in choice.passed_over] == [slow.trend_id]


async def test_an_event_that_has_a_piece_is_passed_over_also_under_a_new_row(
    database: Database, clock: FixedClock, planner: Planner
) -> None:
    made = await insert_trend(database, clock, 1)
    again = await insert_trend(database, clock, 1, topic="Bitcoin")
    content_id = await make_piece(database, made.trend_id)
    choice = await planner.choose((made, again), BUDGET)
    assert choice.trend_id is None
    assert all(str(content_id) in passed.reason for passed in choice.passed_over)


async def test_an_event_whose_piece_failed_may_be_made_again(
    database: Database, clock: FixedClock, planner: Planner
) -> None:
    trend = await insert_trend(database, clock, 1)
    content_id = await make_piece(database, trend.trend_id)
    async with database.transaction() as connection:
        await content_pipeline.move(connection, content_id, before=Stage.DRAFT, after=Stage.FAILED, at=clock.now())
    assert (await planner.choose((trend,), BUDGET)).trend_id == trend.trend_id


async def test_a_sensitive_trend_waits_for_a_person_once_for_its_event(
    database: Database, clock: FixedClock, planner: Planner
) -> None:
    first = await insert_trend(database, clock, 0)
    second = await insert_trend(database, clock, 0, topic="Thatcher")
    for trend in (first, second, first):
        choice = await planner.choose((trend,), BUDGET)
        assert choice.trend_id is None
        assert [passed.waits_for_human for passed in choice.passed_over] == [True]
    async with database.transaction() as connection:
        items = await review_item.listed(connection, 10)
    assert [(item.subject, item.topics, item.state) for item in items] == [("Margaret Thatcher", ["deaths"], "waiting")]


@pytest.mark.parametrize("approved", [True, False])
async def test_a_persons_decision_on_a_sensitive_trend_holds(
    database: Database, clock: FixedClock, planner: Planner, approved: bool
) -> None:
    trend = await insert_trend(database, clock, 0)
    await planner.choose((trend,), BUDGET)
    async with database.transaction() as connection:
        (item,) = await review_item.listed(connection, 10)
        decided: Literal["approved", "rejected"] = "approved" if approved else "rejected"
        assert await review_item.decide(connection, item.id, state=decided, at=clock.now(), by="an editor")
        assert not await review_item.decide(connection, item.id, state="rejected", at=clock.now(), by="another")
    choice = await planner.choose((trend,), BUDGET)
    assert (choice.trend_id == trend.trend_id) is approved


async def test_trends_without_evidence_or_a_speakable_name_are_passed_over_with_the_reason(
    database: Database, clock: FixedClock, planner: Planner
) -> None:
    bare = await insert_trend(database, clock, 1, with_evidence=False)
    unspeakable = await insert_trend(database, clock, 3, topic="!!! 42")
    choice = await planner.choose((bare, unspeakable), BUDGET)
    assert choice.trend_id is None
    assert {"evidence" in passed.reason or "spoken" in passed.reason for passed in choice.passed_over} == {True}


async def test_no_trends_give_a_choice_of_none(planner: Planner) -> None:
    assert (await planner.choose((), BUDGET)).reason == "there are no trends"


async def test_the_review_list_shows_waiting_ones_first(
    database: Database, clock: FixedClock, planner: Planner
) -> None:
    old = await insert_trend(database, clock, 0)
    new = await insert_trend(database, clock, 7, topic="state funeral")
    await planner.choose((old, new), BUDGET)
    async with database.transaction() as connection:
        first = next(item for item in await review_item.listed(connection, 10) if item.trend_id == old.trend_id)
        await review_item.decide(connection, first.id, state="approved", at=clock.now(), by="an editor")
        items = await review_item.listed(connection, 10)
    assert [item["state"] for item in document(items)["items"]] == ["waiting", "approved"]
    assert table(items).row_count == 2
