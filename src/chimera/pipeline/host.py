"""One living process of the crew: its slot, the lease it renews, and how it finds out that others are dead.

A process that was killed is noticed at once, by the lock that its session let go. One that is stopped, or cut off by
the network, keeps its lock and loses its lease: whoever finds that ends its sessions, and it notices when it wakes.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import structlog
from psycopg import AsyncConnection, Error

from chimera.core.background import end
from chimera.core.clock import Clock
from chimera.core.errors import EngineUnavailable
from chimera.core.identity import new_id
from chimera.core.vocabulary import Role
from chimera.storage.database import CONNECT_SECONDS_MAX, DEAD_NETWORK, SESSION_NAME
from chimera.storage.records import executor_slot
from chimera.storage.records.executor_slot import NewHost, SlotRow
from chimera.storage.server_url import with_settings

SLOTS_MAX = 1024
LEASE_SECONDS = 15.0
RENEW_SECONDS = 5.0
RETRY_SECONDS = 0.5
APPLICATION_VERSION = "content-3"
"""Changed when the content workflow's steps change: an unfinished one goes on only under the version it began with."""
_CHOICES = 8
_TRIES_MAX = 64
_STATEMENT_TIMEOUT_MS = 4_000
"""Shorter than a renewal's interval: a server that does not answer is noticed before the lease is over."""

_log = structlog.get_logger(__name__)


class Host:
    """This process among the others. `lost` is set for good when its slot is another's, or can't be kept: it must stop
    working at once and finish nothing."""

    def __init__(
        self, host_id: UUID, slot: int, roles: frozenset[Role], connection: AsyncConnection, database_url: str
    ) -> None:
        self.id = host_id
        self.slot = slot
        self.roles = roles
        self.lost = asyncio.Event()
        self._connection = connection
        self._database_url = database_url
        self._one_at_a_time = asyncio.Lock()

    @property
    def executor_id(self) -> str:
        """What the durable engine calls this process; no other one ever has the same."""
        return executor_id_of(self.slot, self.id)

    async def keep(self) -> None:
        """Renew the lease until it is lost; for as long as the process works.

        A process that was stopped, and that nobody missed, goes on; so does one whose session was cut, if its slot is
        still its own when it has connected again.
        """
        loop = asyncio.get_running_loop()
        renewed_at = loop.time()
        while True:
            began_at = loop.time()
            renewal = asyncio.create_task(self._renew(), name="renewal of the slot's lease")
            await asyncio.wait({renewal}, timeout=max(RENEW_SECONDS, LEASE_SECONDS - (began_at - renewed_at)))
            kept = renewal.result() if renewal.done() else None
            renewal.cancel()
            if kept:
                renewed_at = began_at
            elif kept is False or loop.time() - renewed_at >= LEASE_SECONDS:
                break
            await asyncio.sleep(RENEW_SECONDS if kept else RETRY_SECONDS)
        self._lose("its lease was not renewed in time, or another has it")

    async def _renew(self) -> bool | None:
        """Whether the slot is still this host's; None where the server did not say."""
        try:
            async with self._one_at_a_time:
                if self._connection.closed and not await self._connect_again():
                    return False
                return await executor_slot.renew(self._connection, self.slot, self.id, LEASE_SECONDS)
        except (Error, EngineUnavailable) as error:
            _log.warning("lease_not_renewed", slot=self.slot, error=str(error))
            return None

    async def _connect_again(self) -> bool:
        """A new session with the slot's lock; False where another process has that by now."""
        connection = await _connect(self._database_url)
        if await executor_slot.try_lock(connection, self.slot):
            self._connection = connection
            return True
        await connection.close()
        return False

    async def close(self) -> None:
        """Give the slot back."""
        with suppress(Error):
            await executor_slot.forget(self._connection, self.slot, self.id)
        await self._connection.close()

    def _lose(self, why: str) -> None:
        if not self.lost.is_set():
            _log.error("slot_lost", slot=self.slot, host_id=str(self.id), why=why)
            self.lost.set()

    async def drain(self) -> None:
        """Tell the others that this process begins nothing new."""
        with suppress(Error):
            async with self._one_at_a_time:
                await executor_slot.drain(self._connection, self.slot, self.id)

    async def others(self) -> "Others":
        """The other living processes. Stopped ones are ended first, and dead ones forgotten.

        Raises:
            EngineUnavailable: the server does not answer.
        """
        try:
            async with self._one_at_a_time:
                return await self._others()
        except Error as error:
            raise EngineUnavailable(f"the database does not answer: {error}. See `chimera doctor`") from error

    async def _others(self) -> "Others":
        alive: dict[str, str] = {}
        for row in await executor_slot.everyone(self._connection):
            if not _is_dead(row):
                alive[executor_id_of(row.slot, row.host_id)] = row.application_version
            elif row.host_id != self.id and await executor_slot.forget(self._connection, row.slot, row.host_id):
                ended = await executor_slot.end_sessions(self._connection, row.session_name) if row.locked else 0
                _log.warning("host_found_dead", slot=row.slot, host_id=str(row.host_id), sessions_ended=ended)
        alive.pop(self.executor_id, None)
        unleased = await executor_slot.locked_without_host(self._connection, SLOTS_MAX)
        return Others(alive, frozenset(f"slot-{slot}" for slot in unleased if slot != self.slot))


class Others:
    """Which others live: `alive` by executor id with their version; `earlier` are of versions without leases."""

    def __init__(self, alive: dict[str, str], earlier: frozenset[str]) -> None:
        self.alive = alive
        self.earlier = earlier

    def live(self, executor_id: str | None) -> bool:
        """Whether another process has this executor id, and lives."""
        return executor_id in self.alive or executor_id in self.earlier

    def of_version(self, version: str) -> bool:
        """Whether one may live that goes on with the workflows of this version."""
        return bool(self.earlier) or version in self.alive.values()


def executor_id_of(slot: int, host_id: UUID) -> str:
    """A process's name in the durable engine: the slot may be taken again, the name never is."""
    return f"slot-{slot}/{host_id}"


@asynccontextmanager
async def open_host(database_url: str, clock: Clock, roles: frozenset[Role]) -> AsyncIterator[Host]:
    """A slot for this process, leased until the block ends.

    Raises:
        EngineUnavailable: every slot is taken, or the database can't be reached.
    """
    host = NewHost(
        host_id=new_id(clock),
        place=f"{socket.gethostname()}:{os.getpid()}",
        session_name=SESSION_NAME,
        roles=sorted(roles),
        application_version=APPLICATION_VERSION,
    )
    opened = await _opened(database_url, host)
    keeping = asyncio.create_task(opened.keep(), name="lease of the executor slot")
    try:
        yield opened
    finally:
        await end(keeping)
        await opened.close()


async def _opened(database_url: str, host: NewHost) -> Host:
    connection = await _connect(database_url)
    try:
        slot = await _take_slot(connection)
        await executor_slot.hold(connection, slot, host, LEASE_SECONDS)
    except BaseException:
        await connection.close()
        raise
    return Host(host.host_id, slot, frozenset(host.roles), connection, database_url)


def _is_dead(row: SlotRow) -> bool:
    """A session that is gone means a dead process, unless the server itself has just started and took all sessions with
    it; then a process that may still live has until the end of its lease to come back."""
    if row.locked:
        return not row.leased
    return not row.leased or row.server_settled or not _may_live(row.place)


def _may_live(place: str) -> bool:
    """Whether the process may be there; that can only be told of one on this machine."""
    machine, _, pid = place.rpartition(":")
    if machine != socket.gethostname():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


async def _connect(database_url: str) -> AsyncConnection:
    try:
        return await AsyncConnection.connect(
            with_settings(database_url, {"statement_timeout": str(_STATEMENT_TIMEOUT_MS)}),
            autocommit=True,
            connect_timeout=int(CONNECT_SECONDS_MAX),
            application_name=SESSION_NAME,
            **DEAD_NETWORK,
        )
    except Error as error:
        raise EngineUnavailable(f"PostgreSQL can't be reached: {error}. See `chimera doctor`") from error


async def _take_slot(connection: AsyncConnection) -> int:
    """Lock a free slot. No lock orders the choice: who loses one tries the next, so nobody waits for anybody."""
    for _ in range(_TRIES_MAX):
        free = await executor_slot.free(connection, SLOTS_MAX, _CHOICES)
        if not free:
            break
        for slot in free:
            if await executor_slot.try_lock(connection, slot):
                return slot
    raise EngineUnavailable(f"{SLOTS_MAX} processes already work on this database: stop one of them first")
