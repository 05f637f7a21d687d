"""Table `data_key`: the wrapped keys that media and fields are sealed under."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from chimera.core.errors import EngineUnavailable
from chimera.storage.database import CONNECT_SECONDS_MAX, Connection
from chimera.storage.server_url import with_settings

_LOCK = 0x43484944  # "CHID": one process at a time makes or wraps keys
_READ_MS_MAX = 5_000
_EVERY = "SELECT id, number, wrapped, master_id, created_at FROM data_key ORDER BY number"


@dataclass(frozen=True, slots=True)
class DataKeyRecord:
    """`wrapped` is the key under the master key that `master_id` tells."""

    id: UUID
    number: int
    wrapped: bytes
    master_id: bytes
    created_at: datetime


async def lock(connection: Connection) -> None:
    """Be the only one who makes or wraps keys until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


async def every(connection: Connection) -> list[DataKeyRecord]:
    """All keys, the newest last."""
    async with connection.cursor(row_factory=class_row(DataKeyRecord)) as cursor:
        await cursor.execute(_EVERY)
        return await cursor.fetchall()


def read_now(url: str) -> Sequence[DataKeyRecord]:
    """All keys, the newest last, over a connection of its own: for a thread that has met a key it does not know.

    Raises:
        EngineUnavailable: the database does not answer.
    """
    bounded = with_settings(url, {"statement_timeout": str(_READ_MS_MAX)})
    try:
        with (
            psycopg.connect(bounded, connect_timeout=int(CONNECT_SECONDS_MAX)) as connection,
            connection.cursor(row_factory=class_row(DataKeyRecord)) as cursor,
        ):
            return cursor.execute(_EVERY).fetchall()
    except psycopg.OperationalError as error:
        raise EngineUnavailable("PostgreSQL does not answer: see `chimera doctor`") from error


async def insert(connection: Connection, key: DataKeyRecord) -> None:
    await connection.execute(
        "INSERT INTO data_key (id, number, wrapped, master_id, created_at) VALUES (%s, %s, %s, %s, %s)",
        (key.id, key.number, key.wrapped, key.master_id, key.created_at),
    )


async def set_wrapped(connection: Connection, key_id: UUID, wrapped: bytes, master_id: bytes) -> None:
    """Keep the key under another master."""
    await connection.execute(
        "UPDATE data_key SET wrapped = %s, master_id = %s WHERE id = %s", (wrapped, master_id, key_id)
    )
