"""The database brought up to date without opening a studio on it."""

from dataclasses import dataclass

from chimera.config.settings import Settings
from chimera.core.secret import revealed
from chimera.storage.access import prepare_database
from chimera.storage.engines.opening import open_engines
from chimera.storage.migrate import migrate, migrations


@dataclass(frozen=True, slots=True)
class Migrated:
    """How many migrations ran now, and the name of the last one there is."""

    applied: int
    version: str


async def migrated(settings: Settings) -> Migrated:
    """Migrate, and give the application its rights.

    Raises:
        EngineUnavailable: the database can't be reached, is of a newer Chimera, or the login may not change it.
    """
    home = settings.chimera_home
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with open_engines(
        home, revealed(settings.database_url), revealed(settings.redis_url), revealed(settings.database_owner_url)
    ) as urls:
        applied = await migrate(urls.owner_url or urls.database_url)
        await prepare_database(urls.database_url, urls.owner_url)
    return Migrated(applied, migrations()[-1].name)
