"""Databases made for one measurement and dropped after it, and what a measurement asks the server."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

from chimera.storage.database import WriterConnection

_NAME = "chimera_bench_"


@contextmanager
def scratch_database(server_url: str, template: str = "template0") -> Iterator[str]:
    """The url of a new database, dropped when the block ends; `template` is the name of another one to copy.

    Raises:
        psycopg.Error: the server can't be reached, or its role may not make databases.
    """
    database = _NAME + uuid4().hex[:12]
    name = sql.Identifier(database)
    _run(server_url, sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, sql.Identifier(template)))
    try:
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{database}"))
    finally:
        _run(server_url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def database_name(url: str) -> str:
    """The database a url names."""
    return urlsplit(url).path.lstrip("/")


def add_agents(url: str, agents: Iterable[tuple[UUID, str]]) -> None:
    """Register agents with their roles."""
    with psycopg.connect(url) as connection:
        connection.cursor().executemany("INSERT INTO agents (id, role) VALUES (%s, %s)", list(agents))


def settle_down(connection: WriterConnection) -> None:
    """Write out what earlier work left behind, so that the next measurement does not pay for it."""
    with suppress(psycopg.errors.InsufficientPrivilege):
        connection.execute("CHECKPOINT")


def server_version(url: str) -> str:
    """As the server tells it: `18.1`."""
    with psycopg.connect(url) as connection:
        return str(connection.info.parameter_status("server_version"))


def server_settings(url: str) -> dict[str, str]:
    """The settings that a commit's cost hangs on."""
    names = ["fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "max_wal_size"]
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name ORDER BY name", (names,)
        ).fetchall()
    return dict(rows)


def _run(server_url: str, statement: sql.Composed) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(statement)
