"""How often a name may be tried: counted in Redis for all processes, known and unknown names alike."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.exceptions import RedisError

from chimera.core.errors import EngineUnavailable, RateLimited

ATTEMPTS_MAX = 10
WINDOW_SECONDS = 300


class LogInAttempts:
    """Ten wrong ones in five minutes."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    @asynccontextmanager
    async def one(self, name: str) -> AsyncIterator[None]:
        """Counts an attempt; one that ends well lets the name begin anew.

        Raises:
            RateLimited: there were too many.
            EngineUnavailable: they can't be counted, so none is made.
        """
        key = f"chimera:login:{hashlib.sha256(name.strip().lower().encode()).hexdigest()[:32]}"
        try:
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.incr(key)
                pipeline.expire(key, WINDOW_SECONDS, nx=True)
                counted, _ = await pipeline.execute()
        except RedisError as error:
            raise EngineUnavailable("nobody can log in while Redis does not answer: see `chimera doctor`") from error
        if int(counted) > ATTEMPTS_MAX:
            raise RateLimited(f"too many attempts under this name: wait {WINDOW_SECONDS // 60} minutes")
        yield
        try:
            await self._redis.delete(key)
        except RedisError:
            return  # it runs out by itself
