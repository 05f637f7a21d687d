"""Notices of several channels on one connection, for whoever only wants to know on which something was said."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

from psycopg import AsyncConnection, sql

from chimera.storage.database import CONNECT_SECONDS_MAX, STATEMENT_TIMEOUT_MS
from chimera.storage.server_url import with_settings

Hearing = Callable[[float], Awaitable[frozenset[str]]]


@asynccontextmanager
async def hearing(database_url: str, channels: Iterable[str]) -> AsyncIterator[Hearing]:
    """Asked for so many seconds, the channels on which something was said meanwhile; at once after the first.

    Raises:
        psycopg.OperationalError: there is no connection, or it was lost.
    """
    connection = await AsyncConnection.connect(
        with_settings(database_url, {"statement_timeout": str(STATEMENT_TIMEOUT_MS), "timezone": "UTC"}),
        autocommit=True,
        connect_timeout=int(CONNECT_SECONDS_MAX),
    )

    async def heard(seconds: float) -> frozenset[str]:
        return frozenset([notice.channel async for notice in connection.notifies(timeout=seconds, stop_after=1)])

    try:
        for channel in channels:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        yield heard
    finally:
        await connection.close()
