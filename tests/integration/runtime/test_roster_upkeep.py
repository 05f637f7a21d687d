"""Thousands of agents are kept alive in few, bounded round trips, and a failing Redis ends no work."""

import asyncio
from uuid import uuid4

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import ConnectionError as RedisConnectionError

from chimera.core.clock import SystemClock
from chimera.core.vocabulary import AgentStatus, Role
from chimera.runtime.roster.members import Members, Work
from chimera.runtime.roster.roster import Roster
from chimera.runtime.roster.states import PIPELINE_COMMANDS_MAX, live_counts
from factories_roster import Stage, work_once

BOUND_SECONDS = 10.0


class CountingRedis(Redis):
    """Counts the commands of each pipeline; refuses them while `gone`."""

    def __init__(self, source: Redis) -> None:
        super().__init__(connection_pool=source.connection_pool)
        self.sizes: list[int] = []
        self.gone = False

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        counted = super().pipeline(transaction, shard_hint)
        execute = counted.execute

        async def counting(raise_on_error: bool = True) -> list[object]:
            self.sizes.append(len(counted))
            if self.gone:
                raise RedisConnectionError("gone")
            return list(await execute(raise_on_error))

        setattr(counted, "execute", counting)  # noqa: B010 - an instance's, for this test
        return counted


async def test_ten_thousand_heartbeats_go_in_pipelines_of_bounded_size(stage: Stage) -> None:
    redis = CountingRedis(stage.redis)
    roster = Roster(redis, stage.database, stage.clock, uuid4())
    await roster.adopt({Role.WORKER: 10_000})
    await roster.flush()
    assert (sum(redis.sizes), max(redis.sizes)) == (10_000, PIPELINE_COMMANDS_MAX)
    assert await live_counts(stage.redis) == {Role.WORKER: 10_000}


async def test_an_interval_s_beats_show_every_agent_once(stage: Stage) -> None:
    redis = CountingRedis(stage.redis)
    roster = Roster(redis, stage.database, stage.clock, uuid4())
    await roster.adopt({Role.WORKER: 600})
    await roster.flush()
    redis.sizes.clear()
    for _ in range(60):
        roster.beat(1 / 60)
        await roster.flush()
    assert 600 <= sum(redis.sizes) <= 660
    assert max(redis.sizes) <= 11


async def test_many_changes_of_one_agent_are_one_write(stage: Stage) -> None:
    redis = CountingRedis(stage.redis)
    roster = Roster(redis, stage.database, stage.clock, uuid4())
    await roster.adopt({Role.WORKER: 1})
    await roster.flush()
    redis.sizes.clear()
    for _ in range(100):
        await work_once(roster, Role.WORKER)
    await roster.flush()
    assert redis.sizes == [1]


async def test_without_redis_work_goes_on_with_one_warning_and_states_come_back(stage: Stage) -> None:
    redis = CountingRedis(stage.redis)
    roster = Roster(redis, stage.database, SystemClock(), uuid4())
    await roster.adopt({Role.WORKER: 3})
    redis.gone = True
    with structlog.testing.capture_logs() as logs:
        running = asyncio.create_task(roster.run())
        try:
            async with asyncio.timeout(BOUND_SECONDS):
                while len(redis.sizes) < 2:
                    worker = await work_once(roster, Role.WORKER)
                    await asyncio.sleep(0.01)
                redis.gone = False
                while await live_counts(stage.redis) != {Role.WORKER: 3}:
                    await work_once(roster, Role.WORKER)
                    await asyncio.sleep(0.01)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    assert [entry["event"] for entry in logs] == ["roster_behind", "roster_caught_up"]
    assert (await stage.shown(worker)).metrics.tasks_completed >= 1


def test_a_dropped_agent_s_place_is_taken_by_the_next() -> None:
    members = Members()
    first, second = uuid4(), uuid4()
    members.add(first, Role.SCOUT, Work(5, 500, 1), 3)
    members.acquire(Role.SCOUT, uuid4())
    members.drop(first)
    members.add(second, Role.JUDGE, Work())
    assert (members.work(second), members.failures_in_a_row(second)) == (Work(), 0)
    assert (members.status(second), members.idle(Role.SCOUT), members.idle(Role.JUDGE)) == (AgentStatus.IDLE, 0, 1)
    assert members.take_unshown(10) == [second]
