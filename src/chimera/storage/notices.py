"""Wake-up calls between processes over PostgreSQL's NOTIFY. A notice is a hint: what it is about stands in a table."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from psycopg import AsyncConnection, sql

from chimera.storage.database import CONNECT_SECONDS_MAX

ESCALATION_ANSWERED = "chimera_escalation"
"""Sent by the transaction that answers an escalated request; the payload is its tx id."""

Listen = Callable[[float], Awaitable[str | None]]
"""The next notice's payload, or None if none came in so many seconds."""


@asynccontextmanager
async def listening(database_url: str, channel: str) -> AsyncIterator[Listen]:
    """A connection of its own that hears what is sent on `channel` from now on.

    Raises:
        psycopg.OperationalError: there is no connection, or it was lost.
    """
    async with await AsyncConnection.connect(
        database_url, autocommit=True, connect_timeout=int(CONNECT_SECONDS_MAX)
    ) as connection:
        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))

        async def next_notice(seconds: float) -> str | None:
            async for notice in connection.notifies(timeout=seconds, stop_after=1):
                return notice.payload
            return None

        yield next_notice
