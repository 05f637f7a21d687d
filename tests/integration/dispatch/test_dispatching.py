"""A task's way: a row and a hint, a claim, an agent, a result."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from chimera.contracts.task import TaskOutcome
from chimera.core.errors import AgentOffline, BudgetExceeded, StudioHalted, ToolFailed, ValidationFailed
from chimera.core.vocabulary import Priority, Role, TaskState
from chimera.runtime.dispatch import attempts, running
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.storage.records import task_work
from chimera.storage.records.task import TaskRecord
from factories_dispatch import (
    Hands,
    all_done,
    dead_reasons,
    dispatcher_of,
    do_nothing,
    listed,
    new_task,
    row,
    states,
    until,
    working,
)

pytestmark = pytest.mark.engines


async def test_a_submitted_task_is_done_by_an_agent_of_its_role(queue: TaskQueue) -> None:
    task, hands = new_task(queue.clock), Hands({Role.SCOUT: 1})
    async with working(dispatcher_of(queue, hands)):
        await queue.submit([task])
        await until(lambda: all_done(queue.database, 1))
    done = await row(queue.database, task.id)
    assert (done.attempt, done.worked_by) == (1, hands.tasks[task.id])


async def test_ten_thousand_tasks_are_each_done_once(queue: TaskQueue) -> None:
    done: list[UUID] = []

    async def note(task: TaskRecord, _agent: UUID) -> TaskOutcome:
        done.append(task.id)
        return await do_nothing(task, _agent)

    tasks = [new_task(queue.clock) for _ in range(10_000)]
    await queue.submit(tasks)
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 500}), note)):
        await until(lambda: all_done(queue.database, 10_000))
    assert sorted(done) == sorted(task.id for task in tasks)


async def test_work_done_at_once_ends_as_any_other_does(queue: TaskQueue) -> None:
    def work(task: TaskRecord, _agent: UUID) -> TaskOutcome:
        if task.payload.get("over"):
            raise BudgetExceeded("no money")
        if task.payload.get("breaks"):
            raise ZeroDivisionError("by nothing")
        return TaskOutcome(state=TaskState.DONE, result={"of": task.payload})

    good, over = new_task(queue.clock, payload={"n": 1}), new_task(queue.clock, payload={"over": True})
    breaks = new_task(queue.clock, payload={"breaks": True}, attempts_max=1)
    hands = Hands({Role.SCOUT: 2})
    await queue.submit([good, over, breaks])
    async with working(dispatcher_of(queue, hands, running.AtOnce(work))):
        await until(lambda: _ended(queue, 3))
    done, failed, dead = [await row(queue.database, task.id) for task in (good, over, breaks)]
    assert (done.state, done.result, done.not_before) == (TaskState.DONE, {"of": {"n": 1}}, good.not_before)
    assert (failed.state, dead.state) == (TaskState.FAILED, TaskState.DEAD)
    assert failed.error == {"code": "BUDGET_EXCEEDED", "message": "no money", "attempt": 1}
    assert (hands.idle(Role.SCOUT), hands.failures) == (2, 2)
    assert len(await dead_reasons(queue.database)) == 1


async def _ended(queue: TaskQueue, count: int) -> bool:
    found = await states(queue.database)
    return sum(found.get(state, 0) for state in (TaskState.DONE, TaskState.FAILED, TaskState.DEAD)) == count


async def test_a_crowd_of_one_role_leaves_room_for_the_others(queue: TaskQueue) -> None:
    await queue.submit([new_task(queue.clock, agent_role=role) for role in Role])
    async with working(dispatcher_of(queue, Hands({**dict.fromkeys(Role, 1), Role.ARTIST: 5_000}))):
        await until(lambda: all_done(queue.database, len(Role)))


async def test_no_more_is_claimed_than_idle_agents_can_begin(queue: TaskQueue) -> None:
    go_on = asyncio.Event()

    async def wait(task: TaskRecord, agent: UUID) -> TaskOutcome:
        await go_on.wait()
        return await do_nothing(task, agent)

    await queue.submit([new_task(queue.clock) for _ in range(50)])
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 3}), wait)):
        await until(lambda: _counts(queue, {TaskState.RUNNING: 3, TaskState.QUEUED: 47}))
        go_on.set()
        await until(lambda: all_done(queue.database, 50))


async def test_a_failed_attempt_is_tried_again_later_with_its_error_kept(
    queue: TaskQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "RETRY_AFTER", timedelta(milliseconds=10))
    task, seen = new_task(queue.clock), []

    async def fail_once(claimed: TaskRecord, agent: UUID) -> TaskOutcome:
        seen.append(claimed.error)
        if claimed.attempt == 1:
            raise ToolFailed("not today")
        return await do_nothing(claimed, agent)

    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 1}), fail_once)):
        await queue.submit([task])
        await until(lambda: all_done(queue.database, 1))
    assert seen == [None, {"code": "TOOL_FAILED", "message": "not today", "attempt": 1}]


@pytest.mark.parametrize("crash", [ToolFailed("always"), ZeroDivisionError("always")])
async def test_a_poison_task_stops_after_its_attempts_and_others_proceed(
    queue: TaskQueue, monkeypatch: pytest.MonkeyPatch, crash: Exception
) -> None:
    monkeypatch.setattr(attempts, "RETRY_AFTER", timedelta(milliseconds=10))
    poison = new_task(queue.clock, attempts_max=2, priority=Priority.CRITICAL)

    async def work(task: TaskRecord, agent: UUID) -> TaskOutcome:
        if task.id == poison.id:
            raise crash
        return await do_nothing(task, agent)

    await queue.submit([poison, *(new_task(queue.clock) for _ in range(100))])
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 2}), work)):
        await until(lambda: _counts(queue, {TaskState.DONE: 100, TaskState.DEAD: 1}))
    assert (await row(queue.database, poison.id)).attempt == 2
    (reason,) = await dead_reasons(queue.database)
    assert "always" in reason


async def test_a_refusal_is_not_tried_again(queue: TaskQueue) -> None:
    async def refuse(_task: TaskRecord, _agent: UUID) -> TaskOutcome:
        raise BudgetExceeded("no money")

    task = new_task(queue.clock)
    await queue.submit([task])
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 1}), refuse)):
        await until(lambda: _counts(queue, {TaskState.FAILED: 1}))
    assert (await row(queue.database, task.id)).attempt == 1


async def test_an_attempt_that_a_person_stopped_does_not_count(
    queue: TaskQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "RETRY_AFTER", timedelta(milliseconds=10))

    async def halted_twice(task: TaskRecord, agent: UUID) -> TaskOutcome:
        if task.attempt <= 2:
            raise StudioHalted("halted")
        return await do_nothing(task, agent)

    task = new_task(queue.clock, attempts_max=1)
    await queue.submit([task])
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 1}), halted_twice)):
        await until(lambda: all_done(queue.database, 1))
    assert (await row(queue.database, task.id)).attempts_max == 3


async def test_one_result_that_cannot_be_stored_holds_up_no_other(queue: TaskQueue) -> None:
    bad = new_task(queue.clock)

    async def work(task: TaskRecord, _agent: UUID) -> TaskOutcome:
        return TaskOutcome(state=TaskState.DONE, result={"text": "\x00" if task.id == bad.id else "fine"})

    await queue.submit([bad, *(new_task(queue.clock) for _ in range(50))])
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 51}), work)):
        await until(lambda: _counts(queue, {TaskState.DONE: 50, TaskState.FAILED: 1}))


async def test_a_task_begins_when_what_it_needs_is_done_and_only_once(queue: TaskQueue) -> None:
    first, second = new_task(queue.clock), new_task(queue.clock)
    last = new_task(queue.clock, needs=[first.id, second.id])
    order: list[UUID] = []

    async def note(task: TaskRecord, agent: UUID) -> TaskOutcome:
        order.append(task.id)
        return await do_nothing(task, agent)

    await queue.submit([last, first, second])
    hosts = [dispatcher_of(queue, Hands({Role.SCOUT: 1}), note) for _ in range(2)]
    async with working(*hosts):
        await until(lambda: all_done(queue.database, 3))
    assert order[-1] == last.id
    assert len(order) == 3


async def test_hundreds_of_pairs_release_their_third_on_two_hosts(queue: TaskQueue) -> None:
    tasks = []
    for _ in range(200):
        one, two = new_task(queue.clock), new_task(queue.clock)
        tasks += [one, two, new_task(queue.clock, needs=[one.id, two.id])]
    await queue.submit(tasks)
    hosts = [dispatcher_of(queue, Hands({Role.SCOUT: 5})) for _ in range(2)]
    async with working(*hosts):
        await until(lambda: all_done(queue.database, 600))


async def test_what_needs_a_task_that_failed_is_cancelled_with_the_reason(queue: TaskQueue) -> None:
    async def refuse(_task: TaskRecord, _agent: UUID) -> TaskOutcome:
        raise BudgetExceeded("no money")

    first = new_task(queue.clock)
    second = new_task(queue.clock, needs=[first.id])
    third = new_task(queue.clock, needs=[second.id])
    await queue.submit([first, second, third])
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 1}), refuse)):
        await until(lambda: _counts(queue, {TaskState.FAILED: 1, TaskState.CANCELLED: 2}))
    error = (await row(queue.database, third.id)).error
    assert error is not None
    assert "needs" in error["message"]


async def test_a_task_submitted_twice_is_one_task(queue: TaskQueue, redis: Redis) -> None:
    task = new_task(queue.clock)
    await queue.submit([task])
    await queue.submit([task])
    assert len(await listed(redis, "task_queue:normal")) == 1


async def test_work_for_an_agent_that_is_not_at_work_is_refused(queue: TaskQueue) -> None:
    with pytest.raises(AgentOffline):
        await queue.submit([new_task(queue.clock, agent_id=uuid4())])
    assert await states(queue.database) == {}


@pytest.mark.parametrize("change", [{"payload": {"text": "\x00"}}, {"attempts_max": 0}, {"objective_id": uuid4()}])
async def test_a_task_that_cannot_be_kept_is_bad_input(queue: TaskQueue, change: dict[str, object]) -> None:
    with pytest.raises(ValidationFailed):
        await queue.submit([new_task(queue.clock, **change)])


async def test_an_addressed_task_is_worked_by_its_agent_only(queue: TaskQueue) -> None:
    agent_id, host_id, other_id = uuid4(), uuid4(), uuid4()
    async with queue.database.transaction() as connection:
        await connection.execute("INSERT INTO agents (id, role, status) VALUES (%s, 'scout', 'idle')", (agent_id,))
        await connection.execute("INSERT INTO crew_member (agent_id, host_id) VALUES (%s, %s)", (agent_id, host_id))
    mine = Hands({Role.SCOUT: 3})
    mine.adopt(Role.SCOUT, agent_id)
    tasks = [new_task(queue.clock, agent_id=agent_id) for _ in range(3)]
    hosts = [
        dispatcher_of(queue, Hands({Role.SCOUT: 3}), host_id=other_id),
        dispatcher_of(queue, mine, host_id=host_id),
    ]
    async with working(*hosts):
        await queue.submit(tasks)
        await until(lambda: all_done(queue.database, 3))
    assert {(await row(queue.database, task.id)).worked_by for task in tasks} == {agent_id}


async def test_while_work_may_not_begin_nothing_is_claimed(queue: TaskQueue) -> None:
    allowed, asked = False, 0

    def may_begin() -> bool:
        nonlocal asked
        asked += 1
        return allowed

    await queue.submit([new_task(queue.clock) for _ in range(5)])
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 5}), may_begin=may_begin)):
        await until(lambda: asked > 5)
        assert await states(queue.database) == {TaskState.QUEUED: 5}
        allowed = True
        await until(lambda: all_done(queue.database, 5))


async def test_draining_waits_for_what_ends_and_gives_the_rest_back(queue: TaskQueue) -> None:
    go_on = asyncio.Event()
    ends, stays = new_task(queue.clock), new_task(queue.clock)

    async def work(task: TaskRecord, agent: UUID) -> TaskOutcome:
        await (go_on if task.id == ends.id else asyncio.Event()).wait()
        return await do_nothing(task, agent)

    await queue.submit([ends, stays])
    dispatcher = dispatcher_of(queue, Hands({Role.SCOUT: 2}), work)
    async with working(dispatcher):
        await until(lambda: _counts(queue, {TaskState.RUNNING: 2}))
        await queue.submit([new_task(queue.clock)])
        draining = asyncio.create_task(dispatcher.drain(2.0))
        go_on.set()
        await draining
    assert await states(queue.database) == {TaskState.DONE: 1, TaskState.QUEUED: 2}
    given_back = await row(queue.database, stays.id)
    assert given_back.attempts_max - given_back.attempt == 3
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 2}))):
        await until(lambda: all_done(queue.database, 3))


async def test_a_cancelled_task_is_stopped_where_it_runs(queue: TaskQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "RENEW_SECONDS", 0.05)
    stopped = asyncio.Event()

    async def work(task: TaskRecord, agent: UUID) -> TaskOutcome:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return await do_nothing(task, agent)

    task = new_task(queue.clock)
    behind = new_task(queue.clock, needs=[task.id])
    await queue.submit([task, behind])
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 1}), work)):
        await until(lambda: _counts(queue, {TaskState.RUNNING: 1, TaskState.BLOCKED: 1}))
        async with queue.database.transaction() as connection:
            assert await task_work.cancel(connection, task.id, "not needed", queue.clock.now())
        await until(stopped.is_set)
    assert await states(queue.database) == {TaskState.CANCELLED: 2}


async def _counts(queue: TaskQueue, wanted: dict[TaskState, int]) -> bool:
    return await states(queue.database) == wanted
