"""Real engines for every test: those of CHIMERA_TEST_DATABASE_URL and CHIMERA_TEST_REDIS_URL, or the embedded ones."""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from chimera.core.clock import FixedClock
from chimera.storage.database import Database, open_database
from chimera.storage.migrate import migrate


@pytest.fixture
def clock() -> FixedClock:
    """Noon of the day the specification was last updated."""
    return FixedClock(datetime(2026, 2, 6, 12, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """A server where databases may be made."""
    return os.environ["CHIMERA_TEST_DATABASE_URL"]


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    """A new empty database, dropped after the test."""
    name = f"chimera_test_{uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
async def database(empty_database_url: str) -> AsyncIterator[Database]:
    """An open database with every migration applied."""
    await migrate(empty_database_url)
    async with open_database(empty_database_url) as opened:
        yield opened
