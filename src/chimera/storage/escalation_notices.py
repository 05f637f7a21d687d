"""PostgreSQL's notices that a request was escalated or answered (channel `chimera_escalation`)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from psycopg import AsyncConnection

from chimera.core.errors import EngineUnavailable
from chimera.storage.database import CONNECT_SECONDS_MAX

CHANNEL = "chimera_escalation"


class EscalationNotices:
    """A connection that only listens. A notice says that there is something to read, not what."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def wait(self, seconds_max: float) -> bool:
        """Return when something was escalated or answered; answers False when the time was over first.

        Raises:
            EngineUnavailable: the database is gone.
        """
        try:
            return bool([notice async for notice in self._connection.notifies(timeout=seconds_max, stop_after=1)])
        except psycopg.OperationalError as error:
            raise _gone() from error


@asynccontextmanager
async def escalation_notices(url: str) -> AsyncIterator[EscalationNotices]:
    """Listen on a connection of its own until the block ends; nothing escalated meanwhile is missed.

    Raises:
        EngineUnavailable: the database can't be reached.
    """
    try:
        connection = await AsyncConnection.connect(url, autocommit=True, connect_timeout=int(CONNECT_SECONDS_MAX))
    except psycopg.OperationalError as error:
        raise _gone() from error
    async with connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        yield EscalationNotices(connection)


def _gone() -> EngineUnavailable:
    return EngineUnavailable("PostgreSQL does not answer: see `chimera doctor`")
