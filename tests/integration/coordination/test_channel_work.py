"""A channel from its objective to published pieces: planned, done, judged, committed, each once."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from chimera.agents.planner.planning import FAILED_SLOTS_MAX
from chimera.core.clock import FixedClock
from chimera.core.errors import Forbidden, QualityFailed, ValidationFailed
from chimera.core.vocabulary import Priority, Role, Stage, TaskKind, TaskState
from chimera.runtime.coordination import objectives
from chimera.runtime.coordination.answers import answer
from chimera.runtime.coordination.ordering import plan_one
from chimera.storage.database import Database
from chimera.storage.records import content_pipeline, publication_plan, review_item
from chimera.storage.records import objective as objective_records
from chimera.storage.records.review_item import ReviewItem
from factories_channels import make_objective
from factories_coordination import Rig, open_rig

DONE, WAITING, FAILED, CANCELLED = TaskState.DONE, TaskState.WAITING, TaskState.FAILED, TaskState.CANCELLED
SCAN, CHOOSE, CONTENT, REVIEW = TaskKind.SCAN, TaskKind.CHOOSE, TaskKind.CONTENT, TaskKind.REVIEW
HOUR = timedelta(hours=1)


@pytest.fixture
async def rig(database: Database, clock: FixedClock) -> Rig:
    return await open_rig(database, clock, [1, 3, 6, 12])


async def the_item(rig: Rig) -> ReviewItem:
    async with rig.database.transaction() as connection:
        (item,) = await review_item.listed(connection, 10)
    return item


async def say(rig: Rig, *, approve: bool, by: str = "an editor") -> None:
    await answer(rig.database, rig.clock, (await the_item(rig)).id, by=by, approve=approve, reason="said so")


async def test_a_slot_becomes_a_piece_and_each_result_is_judged_before_the_next_begins(rig: Rig) -> None:
    await rig.register()
    await rig.round()
    assert await rig.work() == 1
    assert await rig.states(SCAN) == [TaskState.REVIEW]
    assert await rig.states(CHOOSE) == [TaskState.BLOCKED]
    await rig.settle()
    (content,) = await rig.tasks(CONTENT)
    assert content.state is WAITING
    assert rig.pieces.started == [content.content_id]
    await rig.pieces.publish(rig.pieces.started[0])
    await rig.settle()
    assert {record.state for record in await rig.tasks()} == {DONE}
    reviewed = [record.review for record in await rig.tasks() if record.kind != REVIEW]
    assert all(review and review["policy_hash"] == rig.desk.policy_hash for review in reviewed)


async def test_planned_again_and_again_a_slot_has_one_piece_and_the_next_slot_another(rig: Rig) -> None:
    await rig.register()
    for _ in range(3):
        await rig.settle()
    assert len(rig.pieces.started) == 1
    rig.clock.advance(HOUR)
    await rig.settle()
    assert len(set(rig.pieces.started)) == 2
    topics = {record.result["topic"] for record in await rig.tasks(CHOOSE) if record.result}
    assert len(topics) == 2


async def test_two_processes_at_once_make_each_slot_once(database: Database, clock: FixedClock, rig: Rig) -> None:
    other = await open_rig(database, clock, rig.scout.numbers)
    await rig.register(every="30m")
    for _ in range(3):
        for _ in range(12):
            await asyncio.gather(rig.round(), other.round(), rig.work(), other.work())
        for started in {*rig.pieces.started, *other.pieces.started}:
            await rig.pieces.publish(started)
        await rig.settle()
        clock.advance(timedelta(minutes=30))
    contents = await rig.tasks(CONTENT)
    assert len({record.payload["slot"] for record in contents}) == len(contents) == 3
    assert [record.state for record in contents] == [DONE] * 3
    assert {record.content_id for record in contents} == {*rig.pieces.started, *other.pieces.started}
    assert len({record.result["topic"] for record in contents if record.result}) == 3


async def test_two_channels_do_not_take_one_topic(rig: Rig) -> None:
    await rig.register()
    await rig.register(name="another")
    await rig.settle()
    topics = [record.result["topic"] for record in await rig.tasks(CHOOSE) if record.result]
    assert len(set(topics)) == 2


async def test_two_channels_that_chose_one_topic_at_once_are_told_apart_by_the_judge(rig: Rig) -> None:
    await rig.register()
    await rig.register(name="another")
    await rig.round()
    await rig.work(SCAN)
    await rig.coordinator.call_judges()
    await rig.work(REVIEW)
    await rig.work(CHOOSE)
    chosen = [record.result["topic"] for record in await rig.tasks(CHOOSE) if record.result]
    assert len(chosen) == 2
    assert len(set(chosen)) == 1
    await rig.settle()
    assert len({record.result["topic"] for record in await rig.tasks(CHOOSE) if record.result}) == 2
    assert sorted(record.attempt for record in await rig.tasks(CHOOSE)) == [1, 2]


async def test_work_that_read_an_objective_that_has_changed_is_done_again_and_counts_as_no_failure(rig: Rig) -> None:
    standing = await rig.register()
    await rig.round()
    await rig.work(SCAN)
    await rig.change(make_objective(keywords=["comet"]))
    await rig.coordinator.call_judges()
    await rig.work(REVIEW)
    (scan,) = await rig.tasks(SCAN)
    assert scan.state is TaskState.QUEUED
    assert scan.review is not None
    assert scan.review["outcome"] == "stale"
    assert scan.attempts_max == 4
    await rig.settle()
    (scan,) = await rig.tasks(SCAN)
    assert (scan.state, scan.attempt) == (DONE, 2)
    assert scan.result is not None
    assert scan.result["read"]["version"] == standing.version + 1
    assert rig.scout.asked[-1].keywords == ("comet",)


async def test_of_two_choices_made_on_one_count_the_second_is_made_anew(rig: Rig) -> None:
    await rig.register(every="30m", prepare="30m")
    await rig.round()
    for _ in range(2):
        await rig.work(SCAN)
        await rig.coordinator.call_judges()
        await rig.work(REVIEW)
    assert await rig.work(CHOOSE) == 2
    await rig.settle()
    first, second = sorted(await rig.tasks(CHOOSE), key=lambda record: record.attempt)
    assert (first.attempt, second.attempt) == (1, 2)
    assert (first.state, second.state) == (DONE, DONE)
    assert first.result is not None
    assert second.result is not None
    assert first.result["topic"] != second.result["topic"]


async def test_a_judge_cannot_judge_its_own_work(rig: Rig) -> None:
    await rig.register()
    await rig.round()
    await rig.work(SCAN)
    await rig.coordinator.call_judges()
    (review,) = await rig.tasks(REVIEW)
    with pytest.raises(Forbidden, match="own work"):
        await rig.coordinator.handlers[REVIEW](review, rig.ids[Role.SCOUT])
    assert await rig.states(SCAN) == [TaskState.REVIEW]


async def test_a_review_done_twice_commits_once(rig: Rig) -> None:
    await rig.register()
    await rig.round()
    await rig.work(SCAN)
    await rig.coordinator.call_judges()
    (review,) = await rig.tasks(REVIEW)
    first = await rig.coordinator.handlers[REVIEW](review, rig.ids[Role.JUDGE])
    again = await rig.coordinator.handlers[REVIEW](review, rig.ids[Role.JUDGE])
    assert first.result["outcome"] == "go_on"
    assert again.result == {"reviewed_already": True}


async def test_a_failed_piece_is_followed_by_another_trend(rig: Rig) -> None:
    await rig.register()
    await rig.settle()
    await rig.pieces.fail(rig.pieces.started[0], QualityFailed("too dark"))
    await rig.settle()
    await rig.settle()
    assert await rig.states(SCAN) == [DONE]
    assert len(rig.pieces.started) == 2
    assert rig.pieces.orders[rig.pieces.started[0]]["trend_id"] != rig.pieces.orders[rig.pieces.started[1]]["trend_id"]


async def test_a_piece_that_failed_before_it_had_a_draft_is_noticed_too(rig: Rig) -> None:
    rig.pieces.fails_at_once = ValidationFailed("no such persona")
    await rig.register()
    for _ in range(4):
        await rig.settle()
        await asyncio.sleep(0)
    (content,) = await rig.tasks(CONTENT)
    assert content.state is FAILED
    assert content.error == {"code": "VALIDATION_FAILED", "message": "no such persona"}


async def test_where_nothing_rises_it_looks_again_later_over_a_longer_time(rig: Rig) -> None:
    rig.scout.numbers.clear()
    await rig.register()
    await rig.settle()
    rig.scout.numbers += [1]
    rig.clock.advance(timedelta(minutes=8))
    await rig.settle()
    assert [request.timeframe for request in rig.scout.asked] == ["1440m", "2880m"]
    assert len(rig.pieces.started) == 1
    assert sorted(await rig.states(CONTENT)) == [CANCELLED, WAITING]


async def test_a_slot_whose_trends_all_wait_for_a_person_is_held_until_he_has_answered(rig: Rig) -> None:
    rig.scout.numbers[:] = [1]
    rig.sensitive.add("bitcoin")
    await rig.register()
    await rig.settle()
    assert not rig.pieces.started
    assert (await the_item(rig)).kind == "trend"
    rig.clock.advance(timedelta(minutes=1))
    await rig.settle()
    assert not rig.pieces.started
    await say(rig, approve=True)
    await rig.settle()
    assert len(rig.pieces.started) == 1


async def test_a_piece_less_sure_than_publishing_needs_waits_for_a_person_who_passes_it(rig: Rig) -> None:
    await rig.register()
    await rig.settle()
    await rig.pieces.publish(rig.pieces.started[0], confidence="0.80")
    await rig.settle()
    assert await rig.states(CONTENT) == [WAITING]
    item = await the_item(rig)
    assert (item.kind, item.state) == ("task", "waiting")
    rig.clock.advance(HOUR)
    await rig.settle()
    assert len(rig.pieces.started) == 2
    await say(rig, approve=True)
    assert DONE in await rig.states(CONTENT)


async def test_whoever_did_the_work_cannot_pass_it_as_a_person(rig: Rig) -> None:
    await rig.register()
    await rig.settle()
    await rig.pieces.publish(rig.pieces.started[0], confidence="0.80")
    await rig.settle()
    with pytest.raises(Forbidden):
        await say(rig, approve=True, by=f"token:{rig.ids[Role.DIRECTOR]}")


async def test_rejected_work_fails_with_the_reason(rig: Rig) -> None:
    await rig.register()
    await rig.settle()
    await rig.pieces.publish(rig.pieces.started[0], confidence="0.80")
    await rig.settle()
    await say(rig, approve=False)
    (content,) = await rig.tasks(CONTENT)
    assert content.state is FAILED
    assert content.error is not None
    assert "said so" in content.error["message"]


async def test_a_scan_whose_numbers_contradict_themselves_is_reworked_and_then_a_person_is_asked(rig: Rig) -> None:
    standing = await rig.register(min_velocity=3)
    await rig.settle()
    (scan,) = await rig.tasks(SCAN)
    assert (scan.state, scan.attempt) == (WAITING, scan.attempts_max)
    assert standing.name in (await the_item(rig)).subject
    assert scan.payload["rework"]


async def test_the_day_s_budget_ends_the_orders_and_the_next_day_goes_on(rig: Rig) -> None:
    await rig.register(daily_budget_usd=1, piece_budget_usd=0.6)
    for _ in range(3):
        await rig.settle()
        rig.clock.advance(HOUR)
    assert len(rig.pieces.started) == 1
    await rig.pieces.publish(rig.pieces.started[0])
    rig.clock.advance(timedelta(hours=10))
    await rig.settle()
    await rig.settle()
    assert len(rig.pieces.started) == 2


async def test_an_objective_that_only_fails_is_paused_with_the_reason_and_goes_on_when_told(rig: Rig) -> None:
    record = await rig.register()

    async def broken(_request: object) -> None:
        raise ValidationFailed("no such column")

    works, rig.scout.analyze = rig.scout.analyze, broken  # type: ignore[method-assign, assignment]
    for _ in range(FAILED_SLOTS_MAX + 1):
        await rig.settle()
        rig.clock.advance(HOUR)
    async with rig.database.transaction() as connection:
        paused = await objective_records.get(connection, record.id)
    assert paused is not None
    assert paused.state == "paused"
    assert "no such column" in (paused.state_reason or "")
    rig.scout.analyze = works  # type: ignore[method-assign]
    await objectives.set_going(rig.database, rig.clock, record.name)
    await rig.settle()
    assert len(rig.pieces.started) == 1


async def test_a_piece_made_ahead_goes_out_at_its_slot_and_a_late_one_not_in_quiet_hours(rig: Rig) -> None:
    await rig.register(publish_at=["12:05"], quiet_hours=["12:30-13:00"])
    await rig.settle()
    (content_id,) = rig.pieces.started
    slot = rig.clock.now() + timedelta(minutes=5)
    assert await planned_for(rig, content_id) == slot
    rig.clock.advance(timedelta(minutes=35))
    await rig.settle()
    assert await planned_for(rig, content_id) == slot + timedelta(minutes=55)


async def planned_for(rig: Rig, content_id: UUID) -> object:
    async with rig.database.transaction() as connection:
        return (await publication_plan.get_many(connection, [content_id]))[content_id].publish_at


async def test_a_replay_stops_at_its_source_s_end(rig: Rig) -> None:
    await rig.register(replay={"start": "2100-01-01T00:00:00Z", "step": "12h"})
    await rig.round()
    await rig.work(SCAN)
    assert rig.scout.as_of == rig.clock.now()


async def test_tasks_carry_the_objective_s_priority_and_its_persona(rig: Rig) -> None:
    await rig.register(priority="high")
    await rig.settle()
    assert {record.priority for record in await rig.tasks()} == {Priority.HIGH}
    assert rig.pieces.orders[rig.pieces.started[0]]["personality_profile"]["name"] == "Plain"


async def test_a_changed_file_is_a_new_version_that_tells_its_changes(rig: Rig) -> None:
    first = await rig.register()
    same = await objectives.register(rig.database, rig.clock, make_objective())
    changed = await objectives.register(rig.database, rig.clock, make_objective(timeframe="48h"))
    assert (same.outcome, same.record.version) == ("same", first.version)
    assert (changed.outcome, changed.record.version) == ("changed", first.version + 1)
    assert changed.changes == ("timeframe: 24h -> 48h",)


async def test_a_piece_whose_row_is_gone_from_review_is_looked_at_again(rig: Rig) -> None:
    await rig.register()
    await rig.settle()
    (content_id,) = rig.pieces.started
    await rig.pieces.publish(content_id)
    await rig.round()
    async with rig.database.transaction() as connection:
        await content_pipeline.move(
            connection, content_id, before=Stage.PUBLISHED, after=Stage.REVIEW, at=rig.clock.now()
        )
    await rig.work(REVIEW)
    (content,) = await rig.tasks(CONTENT)
    assert content.review is not None
    assert content.review["outcome"] == "stale"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PLANNER])
async def test_only_a_planner_orders_tasks(rig: Rig, role: Role) -> None:
    channel = await rig.register()
    with pytest.raises(Forbidden, match="write:tasks"):
        await plan_one(rig.desk, channel.id, rig.ids[role])
    assert await rig.tasks() == []
