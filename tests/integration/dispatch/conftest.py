"""A queue on real engines, with the machine's own clock."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from chimera.core.clock import SystemClock
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.storage.database import Database
from factories_dispatch import opened_redis


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with opened_redis(redis_url) as client:
        yield client


@pytest.fixture
def queue(database: Database, redis: Redis) -> TaskQueue:
    return TaskQueue(database, redis, SystemClock())
