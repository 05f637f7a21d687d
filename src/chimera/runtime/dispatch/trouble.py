"""What may fail for a while without anything being wrong with the work: the two engines, and how long to wait."""

import asyncio

import psycopg
import structlog
from redis.exceptions import RedisError

from chimera.core.errors import EngineUnavailable

NO_POSTGRESQL = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.IdleInTransactionSessionTimeout,
    EngineUnavailable,
)
NO_REDIS = (RedisError, OSError)
PAUSE_SECONDS_MIN = 0.1
PAUSE_SECONDS_MAX = 5.0
REDIS_SECONDS_MAX = 2.0
"""How long one step at Redis may take: without it the work goes on, so nobody waits for it long."""

_log = structlog.get_logger(__name__)


class Trouble:
    """One engine's trouble as one part of the dispatcher sees it: told once when it begins and once when it is over."""

    def __init__(self, engine: str, part: str) -> None:
        self._engine = engine
        self._part = part
        self._pause = 0.0
        self._again_at = 0.0

    @property
    def there(self) -> bool:
        return self._pause > 0

    @property
    def worth_trying(self) -> bool:
        """Whether there is none, or the last failure was some time ago."""
        return not self.there or asyncio.get_running_loop().time() >= self._again_at

    def begins(self, error: Exception) -> None:
        if not self.there:
            _log.warning("engine_lost", engine=self._engine, part=self._part, problem=str(error))
        self._pause = min(max(PAUSE_SECONDS_MIN, self._pause * 2), PAUSE_SECONDS_MAX)
        self._again_at = asyncio.get_running_loop().time() + self._pause

    def over(self) -> None:
        if self.there:
            _log.info("engine_back", engine=self._engine, part=self._part)
        self._pause = 0.0

    async def pause(self) -> None:
        """Wait before the next try: 0.1 s, doubled each time, 5 s at most."""
        await asyncio.sleep(self._pause)
