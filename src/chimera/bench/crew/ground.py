"""Where the crew is measured: new databases on one server, and a Valkey of its own."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis

from chimera.storage.access import prepare_database
from chimera.storage.database import connect_writer
from chimera.storage.engines.postgresql import Postgresql
from chimera.storage.engines.server import EmbeddedServer
from chimera.storage.engines.valkey import Valkey
from chimera.storage.scratch import database_name, scratch_database, settle_down


@dataclass(frozen=True, slots=True)
class Ground:
    """A server with a migrated template, and a key space that is ours alone."""

    server_url: str
    template: str
    redis_url: str

    @contextmanager
    def database(self) -> Iterator[str]:
        """The url of a new database with empty tables, for the application's role."""
        with scratch_database(self.server_url, self.template) as url:
            with connect_writer(url) as connection:
                settle_down(connection)
            yield asyncio.run(prepare_database(url)).application_url

    @contextmanager
    def empty_database(self) -> Iterator[str]:
        """The url of a new database without tables, for whoever makes its own."""
        with scratch_database(self.server_url) as url:
            with connect_writer(url) as connection:
                settle_down(connection)
            yield url

    def empty_redis(self) -> str:
        """The url of the key space, emptied."""
        with redis.Redis.from_url(self.redis_url) as client:
            client.flushdb()
        return self.redis_url

    def redis_version(self) -> str:
        """As the server tells it: `Valkey 9.1.2`."""
        with redis.Redis.from_url(self.redis_url) as client:
            told = client.info("server")
        name = "Valkey" if "valkey_version" in told else "Redis"
        return f"{name} {told.get('valkey_version', told['redis_version'])}"


@contextmanager
def open_ground(database_url: str | None) -> Iterator[Ground]:
    """Engines in a temporary home; with `database_url` the databases are made on that server, and dropped again."""
    home = Path(tempfile.mkdtemp(prefix="chimera-bench-"))
    servers = [EmbeddedServer(Valkey(), home)]
    if database_url is None:
        servers.append(EmbeddedServer(Postgresql(), home))
    try:
        leases = [(server, server.join()) for server in servers]
        try:
            server_url = database_url or leases[-1][1].owner_url
            with scratch_database(server_url) as url:
                asyncio.run(prepare_database(url))
                yield Ground(server_url, database_name(url), leases[0][1].url)
        finally:
            for server, lease in leases:
                server.leave(lease)
    finally:
        shutil.rmtree(home, ignore_errors=True)
