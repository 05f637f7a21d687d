"""Wake-up calls between processes over PostgreSQL's NOTIFY. A notice is a hint: what it is about stands in a table."""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from psycopg import AsyncConnection, sql

from chimera.storage.database import CONNECT_SECONDS_MAX, STATEMENT_TIMEOUT_MS
from chimera.storage.server_url import with_settings

ESCALATION_ANSWERED = "chimera_escalation"
"""Sent by the transaction that answers an escalated request; the payload is its tx id."""

STUDIO_HALT = "chimera_halt"
"""Sent by the transaction that halts the studio or ends its halt."""
PUBLICATION_PLAN = "chimera_publication"
"""Sent by the transaction that changes when a piece goes out; the payload is its content id."""


@dataclass(frozen=True, slots=True)
class Notices:
    """A connection of its own that hears a channel; each statement on it commits by itself."""

    connection: AsyncConnection
    _heard: deque[str] = field(default_factory=deque)

    async def __call__(self, seconds: float) -> str | None:
        """The next notice's payload, or None if none came in so many seconds."""
        if not self._heard:  # several may arrive together: none of them is dropped
            async for notice in self.connection.notifies(timeout=seconds, stop_after=1):
                self._heard.append(notice.payload)
        return self._heard.popleft() if self._heard else None


@asynccontextmanager
async def listening(database_url: str, channel: str) -> AsyncIterator[Notices]:
    """What is sent on `channel` from now on.

    Raises:
        psycopg.OperationalError: there is no connection, or it was lost.
    """
    connection = await AsyncConnection.connect(
        with_settings(database_url, {"statement_timeout": str(STATEMENT_TIMEOUT_MS), "timezone": "UTC"}),
        autocommit=True,
        connect_timeout=int(CONNECT_SECONDS_MAX),
    )
    try:
        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        yield Notices(connection)
    finally:
        await connection.close()
