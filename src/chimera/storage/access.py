"""Who works on a database as whom: its owner migrates and grants, everything else works as the application."""

from dataclasses import dataclass

from psycopg import AsyncConnection, errors, sql

from chimera.core.errors import EngineUnavailable
from chimera.storage.database import connected
from chimera.storage.migrate import check_migrated, migrate
from chimera.storage.rights import differences, grant_rights
from chimera.storage.server_url import with_settings

#: Roles are the server's, rights are the database's: every Chimera database of a server uses this one name.
APPLICATION_ROLE = "chimera_app"

_LOCK = 0x43484952  # "CHIR": one granting process at a time
_SET_OPTION_SINCE = 160000
_OWNS_TABLES = (
    "SELECT pg_has_role(%s, relowner, 'MEMBER') FROM pg_class WHERE oid = to_regclass('public.schema_migration')"
)


@dataclass(frozen=True, slots=True)
class Access:
    """The url that everything works with, and the owner's for those that may have it."""

    application_url: str
    owner_url: str | None


@dataclass(frozen=True, slots=True)
class Separation:
    """How far the rights are apart: the role that the application works as, and what it may beyond its rights or not
    at all; no role if it works as the owner."""

    role: str | None
    differences: tuple[str, ...]


async def prepare_database(database_url: str, owner_url: str | None = None) -> Access:
    """Migrate the database and give the application its rights; answers the url to work with.

    Without an owner's url the login of `database_url` is either the owner itself, and works as `chimera_app` if it may
    make that role, or an application's login on a database that is up to date.

    Raises:
        EngineUnavailable: it can't be reached, migrated or granted; the message says what to do.
    """
    async with connected(database_url) as connection:
        login = await _current_user(connection)
        if owner_url is None and await _owns_tables(connection, login) is False:
            await check_migrated(connection)
            return Access(database_url, None)
    owner_url = owner_url or database_url
    await migrate(owner_url)
    async with connected(owner_url, variable="DATABASE_OWNER_URL") as owner:
        await owner.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        if not await _owns_tables(owner, login):
            await _grant(owner, login)
            return Access(database_url, owner_url)
        if not await _may_become(owner, login) and not await _make_role(owner, login):
            return Access(database_url, owner_url)
        await _grant(owner, APPLICATION_ROLE)
    return Access(await _as_application(database_url), owner_url)


async def separation(database_url: str) -> Separation | None:
    """How the application's rights stand now; None before the first migration. Changes nothing.

    Raises:
        EngineUnavailable: the database can't be reached.
    """
    async with connected(database_url) as connection:
        login = await _current_user(connection)
        owns = await _owns_tables(connection, login)
        if owns is None:
            return None
        role = login if not owns else APPLICATION_ROLE if await _may_become(connection, login) else None
        return Separation(role, await differences(connection, role) if role else ())


def application_url(login_url: str) -> str:
    """The url of a login that works as the role `chimera_app` from its first statement on."""
    return with_settings(login_url, {"role": APPLICATION_ROLE})


async def _as_application(login_url: str) -> str:
    """The url with the role in it, if that reaches the server: a connection pooler between may keep it back."""
    url = application_url(login_url)
    async with connected(url) as connection:
        return url if await _current_user(connection) == APPLICATION_ROLE else login_url


async def _current_user(connection: AsyncConnection) -> str:
    row = await (await connection.execute("SELECT current_user::text")).fetchone()
    return str(row[0]) if row else ""


async def _owns_tables(connection: AsyncConnection, login: str) -> bool | None:
    """Whether the login owns Chimera's tables or may act as their owner; None if there are none yet."""
    row = await (await connection.execute(_OWNS_TABLES, (login,))).fetchone()
    return bool(row[0]) if row else None


async def _may_become(connection: AsyncConnection, login: str) -> bool:
    """Whether the application's role is there, is no more than that, and the login may work as it."""
    option = "SET" if connection.info.server_version >= _SET_OPTION_SINCE else "MEMBER"
    row = await (
        await connection.execute(
            "SELECT pg_has_role(%s, oid, %s) AND NOT (rolsuper OR rolcreaterole) FROM pg_roles WHERE rolname = %s",
            (login, option, APPLICATION_ROLE),
        )
    ).fetchone()
    return bool(row and row[0])


async def _make_role(owner: AsyncConnection, login: str) -> bool:
    """Make the role, or join the one that another database's owner has made; False if this owner may not."""
    role = sql.Identifier(APPLICATION_ROLE)
    try:
        await owner.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
    except (errors.DuplicateObject, errors.UniqueViolation):
        pass  # somebody was faster
    except errors.InsufficientPrivilege:
        return False
    if await _may_become(owner, login):  # as a superuser may at once
        return True
    try:
        await owner.execute(sql.SQL("GRANT {} TO {}").format(role, sql.Identifier(login)))
    except (errors.UniqueViolation, errors.InternalError_):
        pass  # granted by another process at this very moment
    except errors.InsufficientPrivilege:
        return False
    return await _may_become(owner, login)


async def _grant(owner: AsyncConnection, role: str) -> None:
    """Bring the rights to what they must be; a database whose rights are right is only looked at."""
    if not await differences(owner, role):
        return
    try:
        async with owner.transaction():
            await grant_rights(owner, role)
    except errors.InsufficientPrivilege as error:
        name = await _current_user(owner)
        raise EngineUnavailable(
            f"the database's owner {name} can't give {role} its rights ({error.diag.message_primary}): let an "
            f'administrator say GRANT "{role}" TO "{name}" and let {name} make schemas there, then start again'
        ) from error
