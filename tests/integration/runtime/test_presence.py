"""Presence: showing what an agent does never holds up what it does."""

import asyncio
from contextlib import suppress

from redis.asyncio import Redis

from chimera.core.clock import Clock
from chimera.core.identity import new_id
from chimera.core.vocabulary import Role
from chimera.runtime.presence import Presence
from chimera.storage.database import Database
from chimera.storage.records import agents


class CancellationLosingRedis(Redis):
    """Loses a cancellation that reaches it during a call, as `asyncio.wait_for` of Python 3.11 can."""

    async def get(self, *arguments: object, **options: object) -> None:
        del arguments, options

    async def set(self, *arguments: object, **options: object) -> None:
        del arguments, options
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0)


async def test_a_task_ends_although_its_heartbeat_misses_its_cancellation(database: Database, clock: Clock) -> None:
    async with database.transaction() as connection:
        scout = await agents.ensure(connection, Role.SCOUT, [], new_id(clock))
    presence = Presence(CancellationLosingRedis(), database, clock, {Role.SCOUT: scout})
    async with asyncio.timeout(5) as bound, presence.working(Role.SCOUT, new_id(clock)):
        await asyncio.sleep(0)
    assert not bound.expired()
