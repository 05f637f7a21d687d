"""How many agents of each role are at work, told by each host in one field of a Redis hash: `crew:live`.

Counting the agents' own states means reading them all; this reads a line a host. The server's clock tells the fresh.
"""

import json
from collections.abc import Mapping
from uuid import UUID

from redis.asyncio import Redis

from chimera.core.vocabulary import Role

LIVE_KEY = "crew:live"
SHOWN_SECONDS = 15
"""A host that says nothing for so long has lost its slot, and its agents."""
_KEPT_SECONDS = 300
_SHOW = """
local now = tonumber(redis.call('TIME')[1])
redis.call('HSET', KEYS[1], ARGV[1], now .. ' ' .. ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  local at = tonumber(string.match(redis.call('HGET', KEYS[1], field), '^%d+'))
  if at == nil or now - at > tonumber(ARGV[3]) then redis.call('HDEL', KEYS[1], field) end
end
return 1
"""


async def show(redis: Redis, host_id: UUID, counts: Mapping[Role, int]) -> None:
    """Tell how many agents the host has.

    Raises:
        redis.exceptions.RedisError: it is not told.
    """
    told = json.dumps({role.value: count for role, count in counts.items() if count})
    await redis.eval(_SHOW, 1, LIVE_KEY, str(host_id), told, str(_KEPT_SECONDS))


async def hide(redis: Redis, host_id: UUID) -> None:
    """The host has no agents any more; errors as `show`."""
    await redis.hdel(LIVE_KEY, str(host_id))


async def hosted_counts(redis: Redis) -> dict[Role, int]:
    """How many agents of each role living hosts have; the CFO, whom several show, is one. Errors as `show`."""
    seconds, _ = await redis.time()
    fields = await redis.hgetall(LIVE_KEY)
    counts: dict[Role, int] = {}
    for text in fields.values():
        at, _, told = (text.decode() if isinstance(text, bytes) else text).partition(" ")
        if seconds - int(at) > SHOWN_SECONDS:
            continue
        for role, count in json.loads(told).items():
            together = max if role == Role.CFO else int.__add__
            counts[Role(role)] = together(counts.get(Role(role), 0), int(count))
    return counts
