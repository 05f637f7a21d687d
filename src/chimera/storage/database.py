"""The one door to PostgreSQL: a bounded pool, and short transactions that are never held across a tool call."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, TupleRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from chimera.core.errors import EngineUnavailable
from chimera.storage.server_url import with_settings

Connection = AsyncConnection[DictRow]
WriterConnection = psycopg.Connection[TupleRow]
"""A connection of the ledger's writer."""

POOL_CONNECTIONS_MAX = 8
CONNECT_SECONDS_MAX = 10.0
STATEMENT_TIMEOUT_MS = 30_000
IDLE_IN_TRANSACTION_MS = 10_000
"""A process that is stopped amid a transaction loses its locks, which others wait for, after so long."""
WRITER_WAIT_MS = 10_000
WRITER_NAME = "chimera-treasury"
"""What the writers' sessions are called in the server's list of activities."""
SESSION_NAME = f"chimera-{secrets.token_hex(8)}"
"""What this process's other sessions are called there: whoever finds the process stopped ends them by it."""
DEAD_NETWORK: dict[str, Any] = {
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""A network that silently went away is noticed within about fifteen seconds."""

Guard = Callable[[Connection], Awaitable[None]]
"""Asked at the beginning of a transaction; raises where it must not be."""
_guard: ContextVar[Guard | None] = ContextVar("guard of transactions", default=None)


@contextmanager
def guarded(guard: Guard) -> Iterator[None]:
    """Every transaction that begins in this block, here or in a task begun in it, is asked of `guard` first."""
    token = _guard.set(guard)
    try:
        yield
    finally:
        _guard.reset(token)


class Database:
    """A pool of connections to one database; every use is one transaction."""

    def __init__(self, pool: AsyncConnectionPool[Connection], url: str) -> None:
        self._pool = pool
        self.url = url

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside a transaction that commits when the block ends well; `guarded` tells who may have one.

        Raises:
            EngineUnavailable: no connection within 10 seconds.
        """
        try:
            async with self._pool.connection(timeout=CONNECT_SECONDS_MAX) as connection:
                if (guard := _guard.get()) is not None:
                    await guard(connection)
                yield connection
        except PoolTimeout as error:
            raise EngineUnavailable("PostgreSQL does not answer: see `chimera doctor`") from error


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    """The database at `url`, closed again when the block ends.

    Raises:
        EngineUnavailable: it can't be reached.
    """
    pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
        with_settings(
            url,
            {
                "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_MS),
                "timezone": "UTC",
            },
        ),
        min_size=1,
        max_size=POOL_CONNECTIONS_MAX,
        open=False,
        timeout=CONNECT_SECONDS_MAX,
        check=AsyncConnectionPool.check_connection,
        kwargs={
            "row_factory": dict_row,
            "connect_timeout": int(CONNECT_SECONDS_MAX),
            "application_name": SESSION_NAME,
        },
    )
    try:
        await check_connection(url)
        await pool.open(wait=True, timeout=CONNECT_SECONDS_MAX)
        yield Database(pool, url)
    finally:
        await pool.close()


async def check_connection(url: str) -> int:
    """The server's version number (150000 for 15.0).

    Raises:
        EngineUnavailable: no server, or it refuses; the message says which.
    """
    async with connected(url) as connection:
        return connection.info.server_version


@asynccontextmanager
async def connected(url: str, *, variable: str = "DATABASE_URL") -> AsyncIterator[AsyncConnection]:
    """One connection that commits each statement by itself; `variable` is where the url came from.

    Raises:
        EngineUnavailable: no server, or it refuses; the message says which.
    """
    try:
        connection = await AsyncConnection.connect(url, autocommit=True, connect_timeout=int(CONNECT_SECONDS_MAX))
    except psycopg.OperationalError as error:
        raise EngineUnavailable(
            f"PostgreSQL can't be reached: {' '.join(str(error).split())}. Check {variable}, or see `chimera doctor`"
        ) from error
    except psycopg.ProgrammingError:
        # What it says may quote the url, and with it the password; so would a trace with it.
        raise EngineUnavailable(
            f"{variable} is no PostgreSQL url: write it like postgresql://user:password@host:5432/database"
        ) from None
    async with connection:
        yield connection


def connect_writer(url: str) -> WriterConnection:
    """A connection of the ledger's writer, for use in its own thread; it commits where it is told to.

    One that stops between two statements of a batch is ended by the server after ten seconds, with its locks; one that
    stops amid its rows by whoever waits for it (`records/batch.end_stuck_writers`).

    Raises:
        psycopg.OperationalError: the database can't be reached.
    """
    settings = {
        "statement_timeout": str(STATEMENT_TIMEOUT_MS),
        "lock_timeout": str(WRITER_WAIT_MS),
        "idle_in_transaction_session_timeout": str(WRITER_WAIT_MS),
        "timezone": "UTC",
        "application_name": WRITER_NAME,
    }
    return psycopg.connect(
        with_settings(url, settings), autocommit=True, connect_timeout=int(CONNECT_SECONDS_MAX), **DEAD_NETWORK
    )
