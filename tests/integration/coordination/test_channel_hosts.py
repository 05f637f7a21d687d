"""Two hosts with dispatchers on one Redis and one PostgreSQL run one channel: each slot is made once."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from redis.asyncio import Redis

from chimera.core.clock import FixedClock
from chimera.core.vocabulary import Role, TaskKind, TaskState
from chimera.runtime.dispatch.dispatcher import Dispatcher
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.storage.database import Database
from factories_coordination import Rig, open_rig
from factories_dispatch import Hands, working

SECONDS_MAX = 120
SLOTS = 2


def host_of(rig: Rig, queue: TaskQueue) -> Dispatcher:
    hands = Hands({})
    for role, agent_id in rig.ids.items():
        hands.adopt(role, agent_id)
    return Dispatcher(uuid4(), hands, queue, rig.coordinator.handlers, frozenset(Role), may_begin=lambda: True)


async def rounds_until(rigs: list[Rig], state: TaskState, count: int) -> None:
    """Both processes coordinate until so many pieces are in that state."""
    async with asyncio.timeout(SECONDS_MAX):
        while (await rigs[0].states(TaskKind.CONTENT)).count(state) < count:
            await asyncio.gather(*(rig.round() for rig in rigs))
            await asyncio.sleep(0.02)


async def test_two_hosts_on_real_queues_make_each_slot_once(
    database: Database, redis_url: str, clock: FixedClock
) -> None:
    async with Redis.from_url(redis_url) as redis:
        queue = TaskQueue(database, redis, clock)
        rigs = [await open_rig(database, clock, [1, 3, 6, 12], hints=queue) for _ in range(2)]
        await rigs[0].register()
        async with working(*(host_of(rig, queue) for rig in rigs)):
            for slot in range(SLOTS):
                await rounds_until(rigs, TaskState.WAITING, 1)
                started = {*rigs[0].pieces.started, *rigs[1].pieces.started}
                for content_id in started:
                    await rigs[0].pieces.publish(content_id)
                await rounds_until(rigs, TaskState.DONE, slot + 1)
                clock.advance(timedelta(hours=1))
    contents = await rigs[0].tasks(TaskKind.CONTENT)
    made = [record for record in contents if record.state is TaskState.DONE]
    assert len({record.payload["slot"] for record in contents}) == len(contents)
    assert len(made) == SLOTS
    assert len({record.result["topic"] for record in made if record.result}) == SLOTS
