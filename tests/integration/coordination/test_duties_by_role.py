"""A crew without `studio run`: each process does in its rounds what its roles ask for, and leaves others the rest."""

import asyncio

from chimera.core.clock import FixedClock
from chimera.core.vocabulary import Role, TaskKind, TaskState
from chimera.storage.database import Database
from factories_coordination import Rig, open_rig

PROCESSES = 3


async def keeping(database: Database, clock: FixedClock, *roles: Role) -> Rig:
    return await open_rig(database, clock, [1, 3, 6], roles=frozenset(roles))


async def test_only_the_planner_s_process_orders(database: Database, clock: FixedClock) -> None:
    planner, other = await keeping(database, clock, Role.PLANNER), await keeping(database, clock, Role.SCOUT)
    await planner.register()
    await other.round()
    assert await other.tasks() == []
    await planner.round()
    assert await other.states(TaskKind.SCAN) == [TaskState.QUEUED]


async def test_work_that_waits_is_reviewed_where_judge_is_kept(database: Database, clock: FixedClock) -> None:
    planner, judge = await keeping(database, clock, Role.PLANNER), await keeping(database, clock, Role.JUDGE)
    await planner.register()
    await planner.round()
    await planner.work(TaskKind.SCAN)
    await planner.round()
    assert await planner.states(TaskKind.SCAN) == [TaskState.REVIEW]
    assert await planner.states(TaskKind.REVIEW) == []
    await judge.round()
    await judge.work(TaskKind.REVIEW)
    assert await planner.states(TaskKind.SCAN) == [TaskState.DONE]


async def test_a_piece_s_end_is_seen_and_judged_where_judge_is_kept(database: Database, clock: FixedClock) -> None:
    planner, judge = await keeping(database, clock, Role.PLANNER), await keeping(database, clock, Role.JUDGE)
    await planner.register()
    for _ in range(PROCESSES):
        await planner.round()
        await judge.round()
        await planner.work()
        await judge.round()
        await judge.work()
    (content_id,) = planner.pieces.started + judge.pieces.started
    await planner.pieces.publish(content_id)
    await planner.round()
    assert await planner.states(TaskKind.CONTENT) == [TaskState.WAITING]
    await judge.round()
    await judge.work()
    assert await planner.states(TaskKind.CONTENT) == [TaskState.DONE]


async def test_answered_pieces_go_out_where_worker_is_kept(database: Database, clock: FixedClock) -> None:
    judge, worker = await keeping(database, clock, Role.JUDGE), await keeping(database, clock, Role.WORKER)
    await judge.round()
    await worker.round()
    assert (judge.released, worker.released) == ([], [clock.now()])


async def test_any_number_at_once_order_and_review_once(database: Database, clock: FixedClock) -> None:
    crew = [await keeping(database, clock, Role.PLANNER, Role.JUDGE) for _ in range(PROCESSES)]
    await crew[0].register()
    await asyncio.gather(*(rig.round() for rig in crew))
    assert await crew[0].states(TaskKind.SCAN) == [TaskState.QUEUED]
    await crew[0].work(TaskKind.SCAN)
    await asyncio.gather(*(rig.round() for rig in crew))
    assert len(await crew[0].states(TaskKind.REVIEW)) == 1
