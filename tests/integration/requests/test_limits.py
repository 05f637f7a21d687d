"""Rate limits: shared by processes in Redis, and still there without it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from chimera.core.clock import FixedClock, SystemClock
from chimera.runtime.limiting.bucket import OverRate
from chimera.runtime.limiting.limits import AWAY_SECONDS, Limits
from chimera.runtime.operations.operation import DECIDING, Rate

pytestmark = pytest.mark.engines
SLOW = Rate(per_second=0.001, burst=4)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


async def asked(limits: Limits, times: int, caller: UUID, rate: Rate = SLOW, subject: str = "trends.list") -> int:
    """How many of so many requests at once were let through."""
    answers = await asyncio.gather(*(limits.take(subject, caller, rate) for _ in range(times)), return_exceptions=True)
    assert all(isinstance(answer, OverRate) for answer in answers if isinstance(answer, BaseException))
    return sum(not isinstance(answer, BaseException) for answer in answers)


async def test_processes_share_a_callers_bucket(redis: Redis, clock: FixedClock) -> None:
    here, there, caller = Limits(redis, clock), Limits(redis, clock), uuid4()
    assert await asked(here, 3, caller) == 3
    assert await asked(there, 3, caller) == 1
    assert await asked(here, 3, caller) == 0


async def test_each_caller_and_each_subject_has_its_own(redis: Redis, clock: FixedClock) -> None:
    limits, caller = Limits(redis, clock), uuid4()
    assert await asked(limits, 9, caller) == 4
    assert await asked(limits, 9, uuid4()) == 4
    assert await asked(limits, 9, caller, subject="trends.get") == 4


async def test_tokens_taken_ahead_never_add_up_to_more_than_the_burst(redis: Redis, clock: FixedClock) -> None:
    steep, caller = Rate(per_second=0.5, burst=100), uuid4()
    processes = [Limits(redis, clock) for _ in range(4)]
    assert sum(await asyncio.gather(*(asked(limits, 60, caller, steep) for limits in processes))) == 100


async def test_a_bucket_leaves_redis_when_it_would_be_full(redis: Redis, clock: FixedClock) -> None:
    await asked(Limits(redis, clock), 1, uuid4(), Rate(per_second=1, burst=10))
    (name,) = [key async for key in redis.scan_iter("rate:*")]
    assert 0 < await redis.pttl(name) <= 11_000


async def test_without_redis_each_process_limits_by_itself(clock: FixedClock) -> None:
    away = Redis(host="127.0.0.1", port=1)
    limits, caller = Limits(away, clock), uuid4()
    assert await asked(limits, 9, caller) == 4
    clock.advance(timedelta(seconds=1000))
    assert await asked(limits, 9, caller) == 1
    await away.aclose()


async def test_what_lies_in_the_way_in_redis_opens_nothing(redis: Redis, clock: FixedClock) -> None:
    limits, caller = Limits(redis, clock), uuid4()
    await redis.set(f"rate:trends.list:{caller}", "no bucket")
    assert await asked(limits, 9, caller) == 4


async def test_redis_is_asked_again_after_it_was_away(redis: Redis, clock: FixedClock) -> None:
    limits, caller = Limits(redis, clock), uuid4()
    name = f"rate:trends.list:{caller}"
    await redis.set(name, "no bucket")
    await asked(limits, 1, caller)
    await redis.delete(name)
    clock.advance(timedelta(seconds=AWAY_SECONDS + 1))
    await asked(limits, 1, caller)
    assert await redis.exists(name)


async def test_the_cfo_is_asked_for_many_tokens_at_once(redis: Redis) -> None:
    limits, caller = Limits(redis, SystemClock()), uuid4()
    before = (await redis.info("commandstats")).get("cmdstat_evalsha", {}).get("calls", 0)
    assert await asked(limits, 1_000, caller, DECIDING) == 1_000
    after = (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"]
    assert after - before < 100
