"""What may lie in the lists, and what becomes of it."""

import json
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from chimera.contracts.task import TaskOutcome
from chimera.core.vocabulary import Priority, Role, TaskState
from chimera.runtime.dispatch import hint_lists, letters
from chimera.runtime.dispatch.hint_lists import Demand
from chimera.runtime.dispatch.hints import hint_message
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.storage.records import dead_letter
from chimera.storage.records.task import TaskRecord
from factories_dispatch import (
    Hands,
    all_done,
    dead_reasons,
    dispatcher_of,
    do_nothing,
    listed,
    new_task,
    pushed,
    states,
    until,
    working,
)

pytestmark = pytest.mark.engines


async def test_the_message_is_the_specification_s(queue: TaskQueue, redis: Redis) -> None:
    task = new_task(queue.clock, priority=Priority.HIGH)
    await queue.submit([task])
    (message,) = await listed(redis, "task_queue:high")
    assert message == f'{{"task_id": "{task.id}", "agent_role": "scout"}}'.encode()


@pytest.mark.parametrize("priority", Priority)
@pytest.mark.parametrize("indent", [None, 2])
async def test_an_outsider_s_lpush_starts_a_task_that_has_a_row(
    queue: TaskQueue, redis: Redis, priority: Priority, indent: int | None
) -> None:
    task = new_task(queue.clock)
    await queue.submit([task])
    await redis.flushdb()
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 1}))):
        message = json.dumps({"agent_role": "scout", "task_id": str(task.id)}, indent=indent)
        await pushed(redis, f"task_queue:{priority}", message)
        await until(lambda: all_done(queue.database, 1))


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"not json",
        b"\x80\x02}q\x00.",
        b"[1]",
        b'{"task_id": 1, "agent_role": "scout"}',
        b'{"task_id": "x", "agent_role": "scout"}',
        b'{"task_id": "6d1f7a94-63c8-4b5e-9f58-0d2b63a1f1aa", "agent_role": "poet"}',
        b'{"task_id": "6d1f7a94-63c8-4b5e-9f58-0d2b63a1f1aa", "agent_role": "scout", "more": 1}',
        b'{"task_id": "------------------------------------", "agent_role": "scout"}',
        b"x" * 5_000_000,
    ],
    ids=["empty", "text", "pickle", "array", "number", "no id", "role", "extra", "dashes", "five megabytes"],
)
async def test_a_malformed_message_becomes_a_dead_letter_and_the_next_one_is_worked(
    queue: TaskQueue, redis: Redis, message: bytes
) -> None:
    await pushed(redis, "task_queue:normal", message)
    await queue.submit([new_task(queue.clock)])
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 1}))):
        await until(lambda: all_done(queue.database, 1))
        await until(lambda: _letters(queue, 1))
    async with queue.database.transaction() as connection:
        (letter,) = await dead_letter.newest(connection, 10)
    assert letter.queue == "task_queue:normal"
    assert len(letter.message) < 6_000


async def test_a_line_break_in_a_sorted_list_hides_no_hint(queue: TaskQueue, redis: Redis) -> None:
    first, second = new_task(queue.clock), new_task(queue.clock)
    await queue.submit([first, second])
    await redis.flushdb()
    spread = hint_message(first.id, Role.SCOUT).replace(", ", ",\n")
    await pushed(redis, "task_queue:normal:scout", spread, "a\nb", hint_message(second.id, Role.SCOUT))
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 5}))):
        await until(lambda: all_done(queue.database, 2))
        await until(lambda: _letters(queue, 1))


@pytest.mark.parametrize("role", [Role.SCOUT, Role.ARTIST])
async def test_a_hint_without_a_task_or_for_another_role_is_refused(queue: TaskQueue, redis: Redis, role: Role) -> None:
    task = new_task(queue.clock)
    await queue.submit([task])
    await redis.flushdb()
    task_id = task.id if role is Role.ARTIST else uuid4()
    await pushed(redis, "task_queue:high", hint_message(task_id, role))
    async with working(dispatcher_of(queue, Hands({role: 1}))):
        await until(lambda: _letters(queue, 1))
    (reason,) = await dead_reasons(queue.database)
    assert reason in ("there is no such task", "the task is for a scout, not for a artist")
    assert await states(queue.database) == {TaskState.QUEUED: 1}


async def test_a_hint_that_comes_twice_or_too_late_is_nothing(queue: TaskQueue, redis: Redis) -> None:
    task = new_task(queue.clock)
    await queue.submit([task])
    await pushed(redis, "task_queue:low", *[hint_message(task.id, Role.SCOUT)] * 50)
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 4}))):
        await until(lambda: all_done(queue.database, 1))
        await until(lambda: _empty(queue))
    assert await dead_reasons(queue.database) == []


async def test_a_flood_of_garbage_is_bounded_and_holds_up_no_task(
    queue: TaskQueue, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters, "WAITING_MAX", 1_500)
    for first in range(0, 20_000, 2_000):
        await pushed(redis, "task_queue:critical", *[f"garbage {number}" for number in range(first, first + 2_000)])
    await queue.submit([new_task(queue.clock, priority=Priority.LOW)])
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 1}))):
        await until(lambda: all_done(queue.database, 1))
        await until(lambda: _empty(queue))
        await until(lambda: _flood_told(queue))


async def test_the_oldest_letters_beyond_the_bound_are_dropped(queue: TaskQueue, redis: Redis) -> None:
    await pushed(redis, "task_queue:low", *[f"garbage {number}" for number in range(30)])
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 1}))):
        await until(lambda: _letters(queue, 30))
    async with queue.database.transaction() as connection:
        assert await dead_letter.trim(connection, keep=10) == 20
        kept = await dead_letter.newest(connection, 100)
    assert {letter.message for letter in kept} == {f"garbage {number}" for number in range(20, 30)}


async def test_hints_for_other_roles_are_kept_for_hosts_of_these(queue: TaskQueue, redis: Redis) -> None:
    tasks = [new_task(queue.clock, agent_role=role) for role in (Role.ARTIST, Role.SCOUT) * 20]
    await queue.submit(tasks)
    seen: dict[Role, set[Role]] = {Role.SCOUT: set(), Role.ARTIST: set()}

    def of(role: Role) -> object:
        async def note(task: TaskRecord, agent: object) -> TaskOutcome:
            seen[role].add(task.agent_role)
            return await do_nothing(task, uuid4())

        return note

    scouts = dispatcher_of(queue, Hands({Role.SCOUT: 2}), of(Role.SCOUT), roles=frozenset({Role.SCOUT}))  # type: ignore[arg-type]
    artists = dispatcher_of(queue, Hands({Role.ARTIST: 2}), of(Role.ARTIST), roles=frozenset({Role.ARTIST}))  # type: ignore[arg-type]
    async with working(scouts):
        await until(lambda: all_done(queue.database, 20))
        await until(lambda: _depths(queue, {"task_queue:normal:artist": 20}))
    async with working(artists):
        await until(lambda: all_done(queue.database, 40))
    assert seen == {Role.SCOUT: {Role.SCOUT}, Role.ARTIST: {Role.ARTIST}}


async def test_a_key_that_is_no_list_is_told_once_and_costs_no_task(
    queue: TaskQueue, redis: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    await redis.set("task_queue:normal", "oops")
    await queue.submit([new_task(queue.clock) for _ in range(20)])
    await queue.submit([new_task(queue.clock, priority=Priority.HIGH)])
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 2}))):
        await until(lambda: all_done(queue.database, 21))
        await redis.delete("task_queue:normal")
        await queue.submit([new_task(queue.clock)])
        await until(lambda: all_done(queue.database, 22))
    assert capsys.readouterr().out.count("task_list_unusable") == 1


async def test_a_high_hint_behind_a_hundred_thousand_low_ones_is_the_next_one(queue: TaskQueue) -> None:
    await queue.hint((uuid4(), Role.SCOUT, Priority.LOW) for _ in range(100_000))
    high = uuid4()
    await queue.hint([(high, Role.SCOUT, Priority.HIGH)])
    taken = await queue.lists.take({Role.SCOUT: Demand(1, {})})
    assert [lines.text for lines in taken.lines] == [hint_message(high, Role.SCOUT).encode()]


async def test_few_low_hints_are_taken_at_once_and_as_many_others_as_asked_for(queue: TaskQueue) -> None:
    await queue.hint((uuid4(), Role.SCOUT, Priority.LOW) for _ in range(200))
    await queue.hint((uuid4(), Role.SCOUT, Priority.NORMAL) for _ in range(200))
    taken = await queue.lists.take({Role.SCOUT: Demand(400, {})})
    assert {lines.priority: lines.messages for lines in taken.lines} == {
        Priority.NORMAL: 200,
        Priority.LOW: hint_lists.LOW_AT_ONCE,
    }


async def test_a_high_task_comes_next_when_all_agents_were_busy(queue: TaskQueue) -> None:
    order: list[Priority] = []

    async def note(task: TaskRecord, agent: object) -> TaskOutcome:
        order.append(task.priority)
        if len(order) == 1:
            await queue.submit([new_task(queue.clock, priority=Priority.HIGH)])
        return await do_nothing(task, uuid4())

    await queue.submit([new_task(queue.clock, priority=Priority.LOW) for _ in range(2_000)])
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 1}), note)):
        await until(lambda: len(order) > 2)
    assert order[:3] == [Priority.LOW, Priority.HIGH, Priority.LOW]


async def test_low_tasks_get_their_share_while_critical_ones_wait(queue: TaskQueue) -> None:
    order: list[Priority] = []

    async def note(task: TaskRecord, agent: object) -> TaskOutcome:
        order.append(task.priority)
        return await do_nothing(task, uuid4())

    await queue.submit([new_task(queue.clock, priority=Priority.LOW) for _ in range(20)])
    await queue.submit([new_task(queue.clock, priority=Priority.CRITICAL) for _ in range(400)])
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 3}), note)):
        await until(lambda: len(order) >= 320)
    assert 18 <= order[:320].count(Priority.LOW) <= 22


async def _letters(queue: TaskQueue, count: int) -> bool:
    return len(await dead_reasons(queue.database)) == count


async def _flood_told(queue: TaskQueue) -> bool:
    reasons = await dead_reasons(queue.database)
    return any(reason.startswith("a flood: ") for reason in reasons) and len(reasons) < 20_000


async def _empty(queue: TaskQueue) -> bool:
    return await queue.lists.depths() == {}


async def _depths(queue: TaskQueue, wanted: dict[str, int]) -> bool:
    return await queue.lists.depths() == wanted
