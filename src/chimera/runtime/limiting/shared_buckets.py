"""Buckets that all processes share, in Redis: one script takes tokens by Redis' own clock, in one step."""

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from chimera.runtime.operations.operation import Rate

#: Answers the tokens given, the whole tokens left, and in how many milliseconds there is one.
_TAKE = """
local per_second, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = burst
if kept[1] and kept[2] then
  tokens = math.min(burst, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) * per_second)
end
local given = math.min(wanted, math.floor(tokens))
tokens = tokens - given
redis.call('HSET', KEYS[1], 'tokens', string.format('%.9f', tokens), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / per_second * 1000) + 1000)
return {given, math.floor(tokens), math.ceil(math.max(0, (1 - tokens) / per_second) * 1000)}
"""


@dataclass(frozen=True, slots=True)
class Given:
    tokens: int
    left: int
    seconds_until_one: float


class SharedBuckets:
    """Every method raises what the client raises: without Redis whoever uses them limits by himself."""

    def __init__(self, redis: Redis) -> None:
        self._take: Any = redis.register_script(_TAKE)

    async def take(self, name: str, rate: Rate, wanted: int) -> Given:
        """As many of the wanted tokens as the bucket holds."""
        answer = await self._take(keys=[f"rate:{name}"], args=[repr(rate.per_second), rate.burst, wanted])
        given, left, until_one_ms = (int(part) for part in answer)
        return Given(given, left, until_one_ms / 1000)
