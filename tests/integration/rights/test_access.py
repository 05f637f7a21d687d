"""Who works as whom: one login or two, an old database, a login without rights, and several starts at once."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import AsyncConnection, sql
from psycopg.conninfo import conninfo_to_dict

import chimera
from chimera.core.errors import EngineUnavailable
from chimera.storage.access import APPLICATION_ROLE, Access, prepare_database, separation
from chimera.storage.database import open_database
from chimera.storage.migrate import migrate, migrations
from chimera.storage.server_url import with_settings

pytestmark = pytest.mark.engines

SOURCE = Path(chimera.__file__).parents[1]
PREPARE = "import asyncio, sys; from chimera.storage.access import prepare_database as p; asyncio.run(p(sys.argv[1]))"

PASSWORD = "only-for-this-test"
MakeLogin = Callable[[str, str], str]


@pytest.fixture
def make_login(postgres_url: str) -> Iterator[MakeLogin]:
    """Make a login with these attributes; answers its url for the database of another url. Dropped after the test."""
    made: list[tuple[str, str]] = []

    def make(attributes: str, url: str) -> str:
        name = f"chimera_test_{uuid4().hex[:12]}"
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            statement = f"CREATE ROLE {name} LOGIN {attributes} PASSWORD '{PASSWORD}'"
            connection.execute(statement.encode())
        made.append((name, url))
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{name}:{PASSWORD}@{host}"))

    yield make
    for name, url in reversed(made):
        role = sql.Identifier(name)
        with suppress(psycopg.OperationalError), psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(role))
            connection.execute(sql.SQL("DROP OWNED BY {}").format(role))
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP ROLE {}").format(role))


async def test_a_single_login_works_as_the_applications_role(empty_database_url: str) -> None:
    access = await prepare_database(empty_database_url)
    assert access.owner_url == empty_database_url
    assert await _user(access.application_url) == APPLICATION_ROLE
    assert await migrate(empty_database_url) == 0
    assert await prepare_database(empty_database_url) == access


async def test_every_pooled_connection_works_as_the_application(database_url: str) -> None:
    async with open_database(database_url) as database, database.transaction() as connection:
        cursor = await connection.execute(
            "SELECT current_user::text AS name, current_setting('statement_timeout') AS t"
        )
        assert await cursor.fetchone() == {"name": APPLICATION_ROLE, "t": "30s"}
        await connection.execute("RESET ROLE")
        cursor = await connection.execute("SELECT current_user::text AS name")
        assert await cursor.fetchone() == {"name": APPLICATION_ROLE}


async def test_a_plain_owner_that_may_make_roles_is_enough(empty_database_url: str, make_login: MakeLogin) -> None:
    owner = make_login("CREATEROLE", empty_database_url)
    _give_database(empty_database_url, owner)
    with psycopg.connect(empty_database_url, autocommit=True) as connection:  # elsewhere it may have made it himself
        _ensure_role(connection)
        connection.execute(sql.SQL("GRANT {} TO {}").format(_name(APPLICATION_ROLE), _name(_name_of(owner))))
    access = await prepare_database(owner)
    assert await _user(access.application_url) == APPLICATION_ROLE
    found = await separation(owner)
    assert found is not None
    assert (found.role, found.differences) == (APPLICATION_ROLE, ())


async def test_an_owner_that_may_not_make_roles_works_as_before_and_is_told(
    empty_database_url: str, make_login: MakeLogin
) -> None:
    owner = make_login("", empty_database_url)
    _give_database(empty_database_url, owner)
    assert await prepare_database(owner) == Access(owner, owner)
    found = await separation(owner)
    assert found is not None
    assert found.role is None


async def test_two_logins_are_kept_apart(empty_database_url: str, make_login: MakeLogin) -> None:
    owner, application = make_login("", empty_database_url), make_login("", empty_database_url)
    _give_database(empty_database_url, owner)
    assert await prepare_database(application, owner) == Access(application, owner)
    found = await separation(application)
    assert found is not None
    assert (found.role, found.differences) == (_name_of(application), ())


async def test_another_machine_needs_only_the_applications_login(
    empty_database_url: str, make_login: MakeLogin
) -> None:
    application = make_login("", empty_database_url)
    with pytest.raises(EngineUnavailable, match="DATABASE_OWNER_URL"):
        await prepare_database(application)
    await migrate(empty_database_url)
    with pytest.raises(EngineUnavailable, match="start once with DATABASE_OWNER_URL"):
        await prepare_database(application)
    await prepare_database(application, empty_database_url)
    assert await prepare_database(application) == Access(application, None)


async def test_a_login_without_the_owner_is_told_of_a_migration_that_waits(
    empty_database_url: str, make_login: MakeLogin
) -> None:
    application = make_login("", empty_database_url)
    await prepare_database(application, empty_database_url)
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute("DELETE FROM schema_migration WHERE number = %s", (migrations()[-1].number,))
    with pytest.raises(EngineUnavailable, match=migrations()[-1].name):
        await prepare_database(application)


async def test_what_one_role_made_before_belongs_to_the_application_afterwards(empty_database_url: str) -> None:
    """A database of an earlier version: all is the owner's, also the durable engine's tables and functions."""
    await migrate(empty_database_url)
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute(
            "CREATE SCHEMA dbos; CREATE TABLE dbos.kept (id SERIAL PRIMARY KEY, text TEXT); "
            "INSERT INTO dbos.kept (text) VALUES ('workflow'); CREATE VIEW dbos.seen AS SELECT * FROM dbos.kept; "
            "CREATE FUNCTION dbos.act() RETURNS integer LANGUAGE sql AS 'SELECT 1'; "
            "INSERT INTO agents (role) VALUES ('scout')"
        )
    access = await prepare_database(empty_database_url)
    async with await AsyncConnection.connect(access.application_url, autocommit=True) as connection:
        cursor = await connection.execute("SELECT text FROM dbos.seen")
        assert await cursor.fetchall() == [("workflow",)]
        await connection.execute("INSERT INTO dbos.kept (text) VALUES ('another')")
        await connection.execute("ALTER TABLE dbos.kept ADD COLUMN later INTEGER")
        await connection.execute("DROP FUNCTION dbos.act()")
        cursor = await connection.execute("SELECT role FROM agents")
        assert await cursor.fetchall() == [("scout",)]


async def test_several_processes_prepare_one_database_at_once(empty_database_url: str) -> None:
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", PREPARE, empty_database_url,
            env={**os.environ, "PYTHONPATH": str(SOURCE)}, stderr=subprocess.PIPE,
        )
        for _ in range(3)
    ]  # fmt: skip
    for process in processes:
        _, said = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0, said.decode()
    assert await migrate(empty_database_url) == 0


async def test_a_url_keeps_the_settings_it_has(empty_database_url: str) -> None:
    url = with_settings(f"{empty_database_url}?application_name=one%20two", {"work_mem": "8MB"})
    url = with_settings(url, {"lock_timeout": "7s"})
    async with await AsyncConnection.connect(url) as connection:
        cursor = await connection.execute(
            "SELECT current_setting('work_mem'), current_setting('lock_timeout'), current_setting('application_name')"
        )
        assert await cursor.fetchone() == ("8MB", "7s", "one two")


def _name_of(url: str) -> str:
    """The login that a url names."""
    return str(conninfo_to_dict(url)["user"])


async def _user(url: str) -> str:
    async with await AsyncConnection.connect(url) as connection:
        row = await (await connection.execute("SELECT current_user::text")).fetchone()
        assert row is not None
        return str(row[0])


def _name(name: str) -> sql.Identifier:
    return sql.Identifier(name)


def _give_database(superuser_url: str, owner: str) -> None:
    database = str(conninfo_to_dict(superuser_url)["dbname"])
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(_name(database), _name(_name_of(owner))))


def _ensure_role(connection: psycopg.Connection) -> None:
    with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(_name(APPLICATION_ROLE)))
