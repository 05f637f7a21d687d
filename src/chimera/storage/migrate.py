"""Applies the numbered migrations, each once and whole, whoever starts first."""

import hashlib
from dataclasses import dataclass
from importlib import resources

from psycopg import AsyncConnection, errors

from chimera.core.errors import EngineUnavailable
from chimera.storage.database import connected

_LOCK = 0x4348494D  # "CHIM": one migrating process at a time
_SERVER_VERSION_MIN = 140000


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> tuple[Migration, ...]:
    """All migrations of this version, in order."""
    folder = resources.files("chimera.storage.migrations")
    files = sorted((item for item in folder.iterdir() if item.name.endswith(".sql")), key=lambda item: item.name)
    return tuple(Migration(int(item.name[:4]), item.name.removesuffix(".sql"), item.read_text()) for item in files)


async def migrate(url: str) -> int:
    """Bring the database at `url`, its owner's, up to date; answers how many migrations ran.

    Raises:
        EngineUnavailable: PostgreSQL older than 14, a database of another or newer Chimera, or a login that may not
            make tables.
    """
    try:
        async with connected(url, variable="DATABASE_OWNER_URL or DATABASE_URL") as connection:
            return await _migrate(connection)
    except errors.InsufficientPrivilege as error:
        raise EngineUnavailable(
            f"the database's login may not make or change tables ({error.diag.message_primary}): set "
            "DATABASE_OWNER_URL to the url of the login that owns the database"
        ) from error


async def check_migrated(connection: AsyncConnection) -> None:
    """See that nothing is left to migrate, with a login that could not do it.

    Raises:
        EngineUnavailable: something is left, the database is of another Chimera, or it may not be read.
    """
    try:
        pending = _pending(await _applied(connection))
    except errors.InsufficientPrivilege as error:
        raise EngineUnavailable(
            "the login of DATABASE_URL has no rights on Chimera's tables: start once with DATABASE_OWNER_URL, the url "
            "of the login that owns them, and this login gets its rights"
        ) from error
    if pending:
        raise EngineUnavailable(
            f"the database needs migration {pending[0].name}: start once with DATABASE_OWNER_URL, the url of the login "
            "that owns the tables"
        )


async def _migrate(connection: AsyncConnection) -> int:
    if connection.info.server_version < _SERVER_VERSION_MIN:
        raise EngineUnavailable("PostgreSQL 14 or newer is needed: point DATABASE_URL at one")
    await connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, "
        "checksum TEXT NOT NULL, applied_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW())"
    )
    pending = _pending(await _applied(connection))
    for migration in pending:
        await _apply(connection, migration)
    return len(pending)


async def _applied(connection: AsyncConnection) -> dict[int, str]:
    cursor = await connection.execute("SELECT number, checksum FROM schema_migration ORDER BY number")
    return {row[0]: row[1] for row in await cursor.fetchall()}


def _pending(applied: dict[int, str]) -> list[Migration]:
    known = {migration.number: migration for migration in migrations()}
    for number, checksum in applied.items():
        if number not in known:
            raise EngineUnavailable(f"the database is of a newer Chimera (migration {number}): upgrade Chimera")
        if known[number].checksum != checksum:
            raise EngineUnavailable(f"migration {known[number].name} differs from the one the database was made with")
    return [migration for number, migration in sorted(known.items()) if number not in applied]


async def _apply(connection: AsyncConnection, migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(migration.sql.encode())
        await connection.execute(
            "INSERT INTO schema_migration (number, name, checksum) VALUES (%s, %s, %s)",
            (migration.number, migration.name, migration.checksum),
        )
