"""The plan of a channel: the same twice, one piece a slot, never beyond the budget, and bounded new tries."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera.agents.planner.cadence import due_slots
from chimera.agents.planner.channel import OrderedTask, progress_of, set_aside
from chimera.agents.planner.planning import FAILED_SLOTS_MAX, Plan, plan
from chimera.agents.planner.replanning import TRIES_MAX
from chimera.core.vocabulary import TaskKind, TaskState
from factories_channels import failed, made, make_channel, make_objective, ordered, step

NOON = datetime(2026, 2, 6, 12, 20, tzinfo=UTC)
MORNING = datetime(2026, 2, 6, 8, tzinfo=UTC)
SCAN, CHOOSE, CONTENT = TaskKind.SCAN, TaskKind.CHOOSE, TaskKind.CONTENT


def kinds(planned: Plan) -> list[TaskKind]:
    return [task.kind for task in planned.tasks]


def test_a_due_slot_gets_a_scan_a_choice_and_a_piece_each_needing_the_one_before() -> None:
    scan, choose, content = plan(make_channel(make_objective(), NOON), NOON).tasks
    assert (scan.needs, choose.needs, content.needs) == ((), (scan.id,), (choose.id,))
    assert content.content_id is not None


def test_planned_twice_it_has_the_same_ids() -> None:
    channel = make_channel(make_objective(), NOON)
    first, later = plan(channel, NOON), plan(channel, step(NOON, minutes=5))
    assert [task.id for task in first.tasks] == [task.id for task in later.tasks]


@pytest.mark.parametrize("state", [TaskState.QUEUED, TaskState.RUNNING, TaskState.REVIEW, TaskState.WAITING])
def test_a_slot_under_way_or_waiting_for_a_person_is_left_alone_and_the_next_goes_on(state: TaskState) -> None:
    planned = plan(make_channel(make_objective(), NOON), NOON)
    channel = make_channel(make_objective(), NOON, *(ordered(task, NOON, state) for task in planned.tasks))
    assert not plan(channel, step(NOON, minutes=1)).tasks
    assert kinds(plan(channel, step(NOON, minutes=30))) == [SCAN, CHOOSE, CONTENT]


def test_a_made_slot_is_not_made_again() -> None:
    planned = plan(make_channel(make_objective(), NOON), NOON)
    channel = make_channel(make_objective(), NOON, *made(planned, NOON, usd=Decimal("0.10")))
    assert not plan(channel, step(NOON, minutes=1)).tasks


def test_slots_missed_while_nobody_worked_are_not_made_up_for() -> None:
    planned = plan(make_channel(make_objective(every="1h"), NOON), step(NOON, hours=30))
    assert {task.payload["slot"] for task in planned.tasks} == {"2026-02-07T18:00:00+00:00"}


def test_personas_take_turns() -> None:
    objective = make_objective(every="1h", personas=["one", "two"])
    turns = [plan(make_channel(objective, NOON), step(NOON, hours=n)).tasks[2].payload["persona"] for n in range(4)]
    assert turns in (["one", "two", "one", "two"], ["two", "one", "two", "one"])


@pytest.mark.parametrize(
    ("kind", "code", "pause_minutes", "again"),
    [
        (SCAN, "NO_TRENDS", 8, [SCAN, CHOOSE, CONTENT]),
        (CHOOSE, "NO_TRENDS", 8, [SCAN, CHOOSE, CONTENT]),
        (CONTENT, "QUALITY_FAILED", 0, [CHOOSE, CONTENT]),
        (CONTENT, "SAFETY_BLOCKED", 0, [CHOOSE, CONTENT]),
        (CONTENT, "APPROVAL_REJECTED", 0, [CHOOSE, CONTENT]),
        (CONTENT, "ROI_TOO_LOW", 0, [CHOOSE, CONTENT]),
        (CONTENT, "TOOL_FAILED", 8, [CHOOSE, CONTENT]),
        (SCAN, "SOURCE_UNAVAILABLE", 8, [SCAN, CHOOSE, CONTENT]),
        (CONTENT, "SPEND_PAUSED", 8, [CHOOSE, CONTENT]),
        (CONTENT, "BUDGET_EXCEEDED", None, []),
        (CONTENT, "VALIDATION_FAILED", None, []),
        (CONTENT, "CANCELLED", None, []),
    ],
)
def test_what_follows_a_failure(kind: TaskKind, code: str, pause_minutes: int | None, again: list[TaskKind]) -> None:
    objective = make_objective()
    tried = failed(plan(make_channel(objective, NOON), NOON), kind, code, NOON)
    channel = make_channel(objective, NOON, *tried)
    if pause_minutes is None:
        assert not plan(channel, step(NOON, minutes=29)).tasks
        return
    if pause_minutes:
        waits = plan(channel, step(NOON, minutes=pause_minutes - 1))
        assert not waits.tasks
        assert waits.notes
    assert kinds(plan(channel, step(NOON, minutes=pause_minutes))) == again


def test_where_nothing_rises_the_next_look_is_over_twice_the_time() -> None:
    objective = make_objective()
    tried = failed(plan(make_channel(objective, NOON), NOON), SCAN, "NO_TRENDS", NOON)
    again = plan(make_channel(objective, NOON, *tried), step(NOON, minutes=8))
    assert again.tasks[0].payload["timeframe"] == "2880m"


def test_a_piece_that_failed_is_followed_by_another_trend_of_the_same_scan() -> None:
    objective, first = make_objective(), plan(make_channel(make_objective(), NOON), NOON)
    trend = first.tasks[0].id
    tried = failed(first, CONTENT, "QUALITY_FAILED", NOON, trend_id=trend)
    choose, content = plan(make_channel(objective, NOON, *tried), NOON).tasks
    assert choose.needs == ()
    assert choose.payload["scan_task_id"] == str(first.tasks[0].id)
    assert choose.payload["unwanted"] == [str(trend)]
    assert content.content_id != first.tasks[2].content_id


def test_a_time_of_day_that_had_passed_when_the_channel_began_is_not_made_up_for() -> None:
    assert not plan(make_channel(make_objective(publish_at=["12:00"]), NOON), NOON).tasks


def test_a_slot_whose_budget_was_refused_waits_for_the_next_day() -> None:
    objective = make_objective(publish_at=["12:00"])
    tried = failed(plan(make_channel(objective, MORNING), NOON), CONTENT, "BUDGET_EXCEEDED", NOON)
    channel = make_channel(objective, MORNING, *tried)
    assert not plan(channel, step(NOON, hours=11)).tasks
    assert kinds(plan(channel, step(NOON, hours=11, minutes=41))) == [CHOOSE, CONTENT]


def test_where_all_waits_for_a_person_the_slot_is_held_until_he_has_answered() -> None:
    objective = make_objective()
    scan, choose, content = plan(make_channel(objective, NOON), NOON).tasks
    tried = [
        ordered(scan, NOON, TaskState.DONE, ended_at=NOON),
        ordered(choose, NOON, TaskState.WAITING, ended_at=NOON, code="WAITS_FOR_HUMAN"),
        ordered(content, NOON, TaskState.BLOCKED),
    ]
    channel = make_channel(objective, NOON, *tried)
    assert not plan(channel, step(NOON, minutes=20)).tasks
    answered = channel.__class__(
        channel.id, 1, objective, NOON, NOON, channel.tasks, answered_at=step(NOON, minutes=10)
    )
    assert kinds(plan(answered, step(NOON, minutes=20))) == [CHOOSE, CONTENT]


def test_tries_of_a_slot_are_bounded() -> None:
    objective, tasks, now = make_objective(publish_at=["12:00"]), list[OrderedTask](), NOON
    for _ in range(TRIES_MAX):
        tasks += failed(plan(make_channel(objective, MORNING, *tasks), now), CONTENT, "TOOL_FAILED", now)
        now = step(now, hours=2)
    given_up = plan(make_channel(objective, MORNING, *tasks), now)
    assert not given_up.tasks
    assert str(TRIES_MAX) in given_up.notes[0].reason


def test_too_many_failed_slots_in_a_row_pause_the_channel_with_the_reason() -> None:
    objective, tasks = make_objective(), list[OrderedTask]()
    for hour in range(FAILED_SLOTS_MAX):
        now = step(NOON, hours=hour)
        tasks += failed(plan(make_channel(objective, NOON, *tasks), now), SCAN, "VALIDATION_FAILED", now)
    paused = plan(make_channel(objective, NOON, *tasks), step(NOON, hours=FAILED_SLOTS_MAX))
    assert paused.pause is not None
    assert "validation_failed" in paused.pause
    assert not paused.tasks


def test_a_quiet_source_does_not_pause_the_channel() -> None:
    objective, tasks = make_objective(), list[OrderedTask]()
    for hour in range(2 * FAILED_SLOTS_MAX):
        now = step(NOON, hours=hour)
        tasks += failed(plan(make_channel(objective, NOON, *tasks), now), SCAN, "NO_TRENDS", now)
    assert plan(make_channel(objective, NOON, *tasks), step(NOON, hours=30)).pause is None


def test_what_hangs_on_a_failed_task_is_cancelled() -> None:
    first = plan(make_channel(make_objective(), NOON), NOON)
    scan, choose, content = first.tasks
    tasks = [
        ordered(scan, NOON, TaskState.FAILED, code="NO_TRENDS", ended_at=NOON),
        ordered(choose, NOON, TaskState.BLOCKED), ordered(content, NOON, TaskState.BLOCKED),
    ]  # fmt: skip
    assert set(plan(make_channel(make_objective(), NOON, *tasks), NOON).cancels) == {choose.id, content.id}


def test_what_was_not_begun_when_its_slot_ended_is_cancelled() -> None:
    first = plan(make_channel(make_objective(), NOON), NOON)
    tasks = [ordered(task, NOON, TaskState.QUEUED) for task in first.tasks]
    later = plan(make_channel(make_objective(), NOON, *tasks), step(NOON, hours=2))
    assert set(later.cancels) == {task.id for task in first.tasks}


def test_no_more_pieces_are_under_way_than_the_channel_allows_and_the_reason_is_told() -> None:
    objective, tasks = make_objective(every="1h", pieces_at_once=2), list[OrderedTask]()
    for hour in range(2):
        planned = plan(make_channel(objective, NOON, *tasks), step(NOON, hours=hour))
        tasks += [ordered(task, NOON, TaskState.WAITING) for task in planned.tasks]
    third = plan(make_channel(objective, NOON, *tasks), step(NOON, hours=2))
    assert not third.tasks
    assert ["2 pieces are under way" in note.reason for note in third.notes] == [True]
    first = min(task.slot for task in tasks)
    ended = [replace(task, state=TaskState.DONE) if task.slot == first else task for task in tasks]
    assert kinds(plan(make_channel(objective, NOON, *ended), step(NOON, hours=2))) == [SCAN, CHOOSE, CONTENT]


def test_a_piece_is_not_ordered_beyond_the_day_s_budget_and_the_reason_is_told() -> None:
    objective = make_objective(every="1h", daily_budget_usd=1, piece_budget_usd=0.5)
    spent = made(plan(make_channel(objective, NOON), NOON), NOON, usd=Decimal("0.60"))
    planned = plan(make_channel(objective, NOON, *spent), step(NOON, hours=1))
    assert not planned.tasks
    assert "$0.40 of today's $1.00" in planned.notes[0].reason


_ENDINGS = st.sampled_from(["made", "waits", "QUALITY_FAILED", "NO_TRENDS", "TOOL_FAILED", "BUDGET_EXCEEDED"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(_ENDINGS, st.integers(1, 90), st.integers(1, 60)), min_size=1, max_size=60),
    st.sampled_from(["10m", "1h", "5h"]),
)
def test_whatever_happens_slots_have_one_piece_and_the_day_s_budget_holds(
    history: list[tuple[str, int, int]], every: str
) -> None:
    objective = make_objective(every=every, daily_budget_usd=2, piece_budget_usd=0.6)
    now, tasks = NOON, list[OrderedTask]()
    for ending, minutes, cents in history:
        channel = make_channel(objective, NOON, *tasks)
        planned = plan(channel, now)
        assert plan(channel, now) == planned
        assert not {task.id for task in planned.tasks} & {task.id for task in tasks}
        pieces = [task for task in planned.tasks if task.kind is CONTENT]
        assert set_aside(channel, now) + len(pieces) * objective.piece_budget_usd <= max(
            objective.daily_budget_usd, set_aside(channel, now)
        )
        usd = Decimal(cents) / 100
        if ending == "made":
            tasks += made(planned, now, usd=usd)
        elif ending == "waits":
            tasks += [ordered(task, now, TaskState.WAITING) for task in planned.tasks]
        else:
            for content in pieces:
                chain = Plan(tuple(task for task in planned.tasks if task.payload["slot"] == content.payload["slot"]))
                tasks += failed(chain, SCAN if ending == "NO_TRENDS" else CONTENT, ending, now)
        assert set_aside(make_channel(objective, NOON, *tasks), now) <= objective.daily_budget_usd
        slots = {task.slot for task in tasks}
        assert all(sum(task.kind is CONTENT and task.state is TaskState.DONE for task in tasks if task.slot == at) <= 1
                   for at in slots)  # fmt: skip
        assert all(progress_of(tasks, at).attempt <= TRIES_MAX for at in slots)
        assert all(slot.at <= now + timedelta(minutes=10) for slot in due_slots(objective, now))
        now += timedelta(minutes=minutes)
