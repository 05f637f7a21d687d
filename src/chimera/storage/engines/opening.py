"""The engines' front door: urls of PostgreSQL and Redis, external ones as given, embedded ones started or joined."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from chimera.storage.engines.postgresql import Postgresql
from chimera.storage.engines.server import EmbeddedServer, Lease, ServerStatus
from chimera.storage.engines.valkey import Valkey


@dataclass(frozen=True, slots=True)
class EngineUrls:
    """Where PostgreSQL and Redis answer; without an owner's url the database's own login may be the owner."""

    database_url: str
    redis_url: str
    owner_url: str | None = None


Item = TypeVar("Item")


class _Leases:
    """Places taken at several servers at once; all or none."""

    def __init__(self, servers: list[EmbeddedServer]) -> None:
        self._servers = servers
        self._held: list[tuple[EmbeddedServer, Lease]] = []

    def take(self) -> None:
        failures = [failure for failure in self._at_once(self._join, self._servers) if failure is not None]
        if failures:
            raise failures[0]

    def of(self, server: EmbeddedServer) -> Lease:
        return next(lease for holder, lease in self._held if holder is server)

    def give_back(self) -> None:
        held, self._held = self._held, []
        failures = [failure for failure in self._at_once(self._leave, held) if failure is not None]
        if failures:
            raise failures[0]

    def _join(self, server: EmbeddedServer) -> None:
        self._held.append((server, server.join()))

    def _leave(self, held: tuple[EmbeddedServer, Lease]) -> None:
        server, lease = held
        server.leave(lease)

    @staticmethod
    def _at_once(work: Callable[[Item], None], items: list[Item]) -> list[BaseException | None]:
        if not items:
            return []
        with ThreadPoolExecutor(max_workers=len(items), thread_name_prefix="engines") as pool:
            return [future.exception() for future in [pool.submit(work, item) for item in items]]


@asynccontextmanager
async def open_engines(
    home: Path, database_url: str | None, redis_url: str | None, owner_url: str | None = None
) -> AsyncIterator[EngineUrls]:
    """The urls for the length of the block.

    A given url passes through untouched and nothing is started for it. An embedded server is started or joined, and
    stopped by the last process that leaves it, unless `chimera engines start` keeps it.

    Raises:
        EngineUnavailable: says what is missing or damaged and what to do.
    """
    postgresql = None if database_url else EmbeddedServer(Postgresql(), home)
    valkey = None if redis_url else EmbeddedServer(Valkey(), home)
    leases = _Leases([server for server in (postgresql, valkey) if server is not None])
    try:
        await _seen_through(leases.take)
        yield EngineUrls(
            database_url=leases.of(postgresql).url if postgresql else database_url or "",
            redis_url=leases.of(valkey).url if valkey else redis_url or "",
            owner_url=leases.of(postgresql).owner_url if postgresql else owner_url,
        )
    finally:
        await _seen_through(leases.give_back)


def embedded_servers(home: Path) -> tuple[EmbeddedServer, EmbeddedServer]:
    """The home's PostgreSQL and Valkey, for starting, stopping and looking."""
    return EmbeddedServer(Postgresql(), home), EmbeddedServer(Valkey(), home)


async def statuses(home: Path) -> tuple[ServerStatus, ...]:
    """What runs on this home now; starts nothing."""
    return tuple([await asyncio.to_thread(server.status) for server in embedded_servers(home)])


async def _seen_through(work: Callable[[], None]) -> None:
    """Run blocking work in a thread, to its end even when cancelled: nothing it took is left without a holder."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
