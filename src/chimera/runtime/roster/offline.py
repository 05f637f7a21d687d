"""Agents nobody hears of: their rows say `offline` once their state in Redis has run out."""

from datetime import timedelta

from redis.asyncio import Redis

from chimera.core.clock import Clock
from chimera.core.limits import AGENT_STATE_TTL_SECONDS
from chimera.runtime.roster import states
from chimera.storage.database import Database
from chimera.storage.records import agents

SILENT_MAX = 10_000
"""How many one sweep looks at; the next takes the rest."""


async def sweep_offline(database: Database, redis: Redis, clock: Clock) -> int:
    """Declare offline whoever was not heard of for 300 seconds and is not shown; answers how many were.

    Any number of processes may sweep; what one is declaring, the others leave out.

    Raises:
        redis.exceptions.RedisError: Redis can't be asked; nobody is declared offline.
    """
    since = clock.now() - timedelta(seconds=AGENT_STATE_TTL_SECONDS)
    async with database.transaction() as connection:
        silent = await agents.silent_since(connection, since, SILENT_MAX)
    if not silent:
        return 0
    shown = await states.shown(redis, silent)
    gone = [agent_id for agent_id in silent if agent_id not in shown]
    async with database.transaction() as connection:
        if not await agents.lock_sweeping(connection):
            return 0
        return await agents.set_offline(connection, gone, since)
