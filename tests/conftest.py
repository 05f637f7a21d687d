"""Real engines for every test: those of CHIMERA_TEST_DATABASE_URL and CHIMERA_TEST_REDIS_URL, or the embedded ones."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
import redis
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

import factories_treasury
from chimera.core.clock import FixedClock
from chimera.storage.access import application_url, prepare_database
from chimera.storage.database import Database, open_database
from chimera.storage.engines.engine import Engine
from chimera.storage.engines.postgresql import Postgresql
from chimera.storage.engines.server import EmbeddedServer
from chimera.storage.engines.valkey import Valkey

#: Finds a logical database that is empty (or was left by a killed test run), and reserves it; atomic on the server.
_CLAIM_LOGICAL_DATABASE = """
for number = 1, tonumber(ARGV[1]) - 1 do
  local lease, used = 'chimera-test:lease:' .. number, 'chimera-test:used:' .. number
  redis.call('SELECT', number)
  local keys = redis.call('DBSIZE')
  redis.call('SELECT', 0)
  if redis.call('EXISTS', lease) == 0 and (keys == 0 or redis.call('EXISTS', used) == 1) then
    redis.call('SET', lease, ARGV[2], 'EX', 3600)
    redis.call('SET', used, 1)
    return number
  end
end
return -1
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever uses a server is marked `engines`: `.ci/run` runs it on external servers once more."""
    for item in items:
        if {"postgres_url", "redis_space"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.engines)


@pytest.fixture(autouse=True)
def _closed_treasuries() -> Iterator[None]:
    """Whatever treasury a test opened is closed behind it."""
    yield
    while factories_treasury.opened:
        factories_treasury.opened.pop().close()


@pytest.fixture
def clock() -> FixedClock:
    """Noon of the day the specification was last updated."""
    return FixedClock(datetime(2026, 2, 6, 12, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server where databases may be made, as its superuser."""
    with _engine_url("CHIMERA_TEST_DATABASE_URL", Postgresql(), tmp_path_factory) as url:
        yield url


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    """A new empty database, as its owner; dropped after the test."""
    with _new_database(postgres_url, "template0") as url:
        yield url


@pytest.fixture(scope="session")
def migrated_template(postgres_url: str) -> Iterator[str]:
    """The name of a database with every migration applied, to make others from."""
    with _new_database(postgres_url, "template0") as url:
        with ThreadPoolExecutor(max_workers=1) as pool:
            pool.submit(lambda: asyncio.run(prepare_database(url))).result()
        yield str(conninfo_to_dict(url)["dbname"])


@pytest.fixture
def owner_url(postgres_url: str, migrated_template: str) -> Iterator[str]:
    """The database of `database_url` as its owner and a superuser, for tests that tamper; dropped after the test."""
    with _new_database(postgres_url, migrated_template) as url:
        yield url


@pytest.fixture
def database_url(owner_url: str) -> str:
    """A new database with every migration applied, with the application's rights and no others."""
    return application_url(owner_url)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database with every migration applied, with the application's rights."""
    async with open_database(database_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def redis_space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A logical database of our own: it was empty when we reserved it, and only it is ever flushed."""
    with _engine_url("CHIMERA_TEST_REDIS_URL", Valkey(), tmp_path_factory) as server:
        owner = uuid4().hex
        with redis.Redis.from_url(_with_path(server, "/0")) as lobby:
            databases = int(lobby.config_get("databases")["databases"])
            number = int(lobby.eval(_CLAIM_LOGICAL_DATABASE, 0, databases, owner))
            if number < 0:
                pytest.fail(
                    "every logical database of CHIMERA_TEST_REDIS_URL holds keys: give the tests another server"
                )
            yield _with_path(server, f"/{number}")
            with redis.Redis.from_url(_with_path(server, f"/{number}")) as space:
                space.flushdb()
            lobby.delete(f"chimera-test:used:{number}", f"chimera-test:lease:{number}")


@pytest.fixture
def redis_url(redis_space: str) -> str:
    """An empty Redis key space."""
    with redis.Redis.from_url(redis_space) as space:
        space.flushdb()
    return redis_space


@contextmanager
def _engine_url(variable: str, engine: Engine, folders: pytest.TempPathFactory) -> Iterator[str]:
    """The server that the variable names, otherwise an embedded one in a home of its own."""
    if given := os.environ.get(variable):
        yield given
        return
    server = EmbeddedServer(engine, folders.mktemp("home"))
    lease = server.join()
    try:
        yield lease.owner_url
    finally:
        server.leave(lease)


@contextmanager
def _new_database(server_url: str, template: str) -> Iterator[str]:
    name = f"chimera_test_{uuid4().hex[:12]}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(create)
    yield _with_path(server_url, f"/{name}")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _with_path(url: str, path: str) -> str:
    """The url with another database; plain urls, since SQLAlchemy reads no other form."""
    return urlunsplit(urlsplit(url)._replace(path=path))
