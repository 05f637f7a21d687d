"""The migrations give the same schema on the embedded PostgreSQL and on an external one."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from chimera.storage.access import Separation, prepare_database, separation
from chimera.storage.engines.opening import open_engines
from chimera.storage.migrate import migrate, migrations

_COLUMNS = (
    "SELECT table_name, column_name, data_type, is_nullable, column_default, character_maximum_length, "
    "numeric_precision, numeric_scale FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
)
_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
#: Since PostgreSQL 18 NOT NULL is listed among the constraints as well; it is compared as a column's property.
_CONSTRAINTS = (
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace AND contype <> 'n' ORDER BY 1, 2"
)

Schema = list[list[tuple[object, ...]]]


@pytest.fixture
async def embedded_url(tmp_path: Path) -> AsyncIterator[str]:
    async with open_engines(tmp_path / "home", None, "redis://elsewhere/0") as urls:
        yield urls.owner_url or ""


async def test_the_embedded_postgresql_takes_every_migration_once(embedded_url: str) -> None:
    assert await migrate(embedded_url) == len(migrations())
    assert await migrate(embedded_url) == 0
    tables = {column[0] for column in _schema(embedded_url)[0]}
    assert tables >= {"agents", "trends", "content_pipeline", "video_metadata", "ledger", "budget_tracking"}


@pytest.mark.skipif("CHIMERA_TEST_DATABASE_URL" not in os.environ, reason="CHIMERA_TEST_DATABASE_URL is not set")
async def test_an_external_postgresql_gets_the_same_schema(embedded_url: str, owner_url: str) -> None:
    await migrate(embedded_url)
    assert _schema(embedded_url) == _schema(owner_url)


async def test_a_new_home_keeps_the_owner_and_the_application_apart(tmp_path: Path) -> None:
    async with open_engines(tmp_path / "home", None, "redis://elsewhere/0") as urls:
        access = await prepare_database(urls.database_url, urls.owner_url)
        assert access.application_url == urls.database_url
        assert await separation(urls.database_url) == Separation("chimera_app", ())


async def test_a_home_of_the_single_role_is_brought_over_by_the_next_start(tmp_path: Path) -> None:
    """Everything there belongs to the one role, and there is no other."""
    home = tmp_path / "home"
    async with open_engines(home, None, "redis://elsewhere/0") as urls:
        owner_url = urls.owner_url or ""
        await migrate(owner_url)
        with psycopg.connect(owner_url) as connection:
            connection.execute("DROP ROLE chimera_app")
            connection.execute("CREATE SCHEMA dbos; CREATE TABLE dbos.workflow AS SELECT 'kept' AS text")
            connection.execute("INSERT INTO agents (role) VALUES ('scout')")
    async with open_engines(home, None, "redis://elsewhere/0") as urls:
        await prepare_database(urls.database_url, urls.owner_url)
        assert await separation(urls.database_url) == Separation("chimera_app", ())
        with psycopg.connect(urls.database_url) as connection:
            assert connection.execute("SELECT text, role FROM dbos.workflow, agents").fetchall() == [("kept", "scout")]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("DELETE FROM agents")


def _schema(url: str) -> Schema:
    """Columns, indexes and constraints of a database."""
    with psycopg.connect(url) as connection:
        return [connection.execute(query).fetchall() for query in (_COLUMNS, _INDEXES, _CONSTRAINTS)]
