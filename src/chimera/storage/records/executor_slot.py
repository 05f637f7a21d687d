"""Table `executor_slot`: which processes of the crew live. Times are the server's, so that hosts' clocks don't matter.

A living host has an advisory lock on its slot, held by a session of its own, and a lease that it renews. The lock tells
at once that a process died; the lease tells that one is stopped, or cut off, while its session stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from chimera.core.vocabulary import Role
from chimera.storage.database import Connection

LOCK_BASE = 0x43480000
"""The lock of slot n is this plus n."""
#: A lock with one bigint key, as the server lists it.
_IS_LOCKED: LiteralString = (
    "EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 0 AND objsubid = 1 "
    "AND objid = (%(base)s + {slot})::oid "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
)
_FREE: LiteralString = (
    f"SELECT slot FROM generate_series(0, %(count)s - 1) slot WHERE NOT {_IS_LOCKED.format(slot='slot')} "
    "ORDER BY slot LIMIT %(limit)s"
)
_ALL: LiteralString = (
    "SELECT slot, host_id, place, session_name, application_version, draining, "
    "lease_until > clock_timestamp() AS leased, "
    f"{_IS_LOCKED.format(slot='slot')} AS locked, "
    "pg_postmaster_start_time() < clock_timestamp() - interval '15 seconds' AS server_settled "
    "FROM executor_slot ORDER BY slot"
)
_HELD_WITHOUT_ROW: LiteralString = (
    f"SELECT number FROM generate_series(0, %(count)s - 1) number WHERE {_IS_LOCKED.format(slot='number')} "
    "AND number NOT IN (SELECT slot FROM executor_slot)"
)


@dataclass(frozen=True, slots=True)
class NewHost:
    """What a process writes of itself; `session_name` is what its database sessions are called."""

    host_id: UUID
    place: str
    session_name: str
    roles: Sequence[Role]
    application_version: str


@dataclass(frozen=True, slots=True)
class SlotRow:
    """A slot as it stands: `leased` tells whether its lease runs, `locked` whether its session lives; the server is
    settled once it has run for a lease's length."""

    slot: int
    host_id: UUID
    place: str
    session_name: str
    application_version: str
    draining: bool
    leased: bool
    locked: bool
    server_settled: bool


async def living(connection: Connection, now: datetime) -> frozenset[UUID]:
    """The hosts whose lease runs at `now`."""
    cursor = await connection.execute("SELECT host_id FROM executor_slot WHERE lease_until > %s", (now,))
    return frozenset(row["host_id"] for row in await cursor.fetchall())


async def free(connection: AsyncConnection, count: int, limit: int) -> list[int]:
    """The first `limit` slots below `count` that no session has locked."""
    cursor = await connection.execute(_FREE, {"base": LOCK_BASE, "count": count, "limit": limit})
    return [row[0] for row in await cursor.fetchall()]


async def try_lock(connection: AsyncConnection, slot: int) -> bool:
    """Lock the slot for the connection's session, unless another has it; answers whether it did."""
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK_BASE + slot,))
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def hold(connection: AsyncConnection, slot: int, host: NewHost, lease_seconds: float) -> None:
    """Write the host into the slot that the connection has locked; whoever had it is dead."""
    await connection.execute(
        "INSERT INTO executor_slot (slot, host_id, place, session_name, roles, application_version, started_at, "
        "lease_until) VALUES (%s, %s, %s, %s, %s, %s, clock_timestamp(), "
        "clock_timestamp() + make_interval(secs => %s)) "
        "ON CONFLICT (slot) DO UPDATE SET host_id = excluded.host_id, place = excluded.place, "
        "session_name = excluded.session_name, roles = excluded.roles, draining = FALSE, "
        "application_version = excluded.application_version, started_at = excluded.started_at, "
        "lease_until = excluded.lease_until",
        (
            slot,
            host.host_id,
            host.place,
            host.session_name,
            Jsonb([str(role) for role in host.roles]),
            host.application_version,
            lease_seconds,
        ),
    )


async def renew(connection: AsyncConnection, slot: int, host_id: UUID, lease_seconds: float) -> bool:
    """Let the lease run on; answers whether the slot is still this host's."""
    cursor = await connection.execute(
        "UPDATE executor_slot SET lease_until = clock_timestamp() + make_interval(secs => %s) "
        "WHERE slot = %s AND host_id = %s",
        (lease_seconds, slot, host_id),
    )
    return cursor.rowcount == 1


async def drain(connection: AsyncConnection, slot: int, host_id: UUID) -> None:
    """Tell that the host begins nothing new."""
    await connection.execute(
        "UPDATE executor_slot SET draining = TRUE WHERE slot = %s AND host_id = %s", (slot, host_id)
    )


async def forget(connection: AsyncConnection, slot: int, host_id: UUID) -> bool:
    """Take the host out of its slot; answers whether this call did."""
    cursor = await connection.execute("DELETE FROM executor_slot WHERE slot = %s AND host_id = %s", (slot, host_id))
    return cursor.rowcount == 1


async def everyone(connection: AsyncConnection) -> list[SlotRow]:
    """Every slot that has a host, living or not."""
    async with connection.cursor(row_factory=class_row(SlotRow)) as cursor:
        await cursor.execute(_ALL, {"base": LOCK_BASE})
        return await cursor.fetchall()


async def locked_without_host(connection: AsyncConnection, count: int) -> frozenset[int]:
    """Slots below `count` that a process of a version without leases has locked."""
    cursor = await connection.execute(_HELD_WITHOUT_ROW, {"base": LOCK_BASE, "count": count})
    return frozenset(row[0] for row in await cursor.fetchall())


async def end_sessions(connection: AsyncConnection, session_name: str) -> int:
    """End the sessions of a process that does not renew its lease; answers how many.

    Only sessions of the same login can be ended: the role that the session works in is laid down for it.
    """
    await connection.execute("SET ROLE NONE")
    cursor = await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND usename = session_user AND application_name = %s AND pid <> pg_backend_pid()",
        (session_name,),
    )
    await connection.execute("RESET ROLE")
    return sum(ended for (ended,) in await cursor.fetchall())
