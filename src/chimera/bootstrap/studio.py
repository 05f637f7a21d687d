"""Settings in, an open studio out: the only module that knows which engine runs."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from redis.asyncio import Redis

from chimera.bootstrap.data_keys import open_key_ring
from chimera.bootstrap.media import open_blobs
from chimera.bootstrap.money import own_treasury, remote_treasury
from chimera.config.settings import Settings
from chimera.core.clock import Clock
from chimera.core.errors import EngineUnavailable
from chimera.core.identity import new_id
from chimera.core.secret import revealed
from chimera.core.vocabulary import Role
from chimera.platforms.local_channel.channel import LocalChannel
from chimera.runtime.identity.identity import Identity, identity_of
from chimera.runtime.roster.capabilities import CAPABILITIES
from chimera.security.data_keys import KeyRing
from chimera.storage.access import prepare_database
from chimera.storage.blobs import SealedBlobs
from chimera.storage.database import Database, open_database
from chimera.storage.engines.opening import open_engines
from chimera.storage.records import agents
from chimera.telemetry.redaction import KNOWN
from chimera.treasury.treasurer import Treasurer
from chimera.treasury.treasury import Treasury

REDIS_SECONDS_MAX = 5.0


@dataclass(frozen=True, slots=True)
class Studio:
    """Everything open that the commands share. Money is asked of `treasurer`: `own_treasury` where the key is."""

    settings: Settings
    clock: Clock
    home: Path
    database: Database
    #: The url of the database's owner, for retiring a key; None where this process has only an application's login.
    owner_url: str | None
    redis: Redis
    data_keys: KeyRing
    blobs: SealedBlobs
    channel: LocalChannel
    treasurer: Treasurer
    own_treasury: Treasury | None
    identity: Identity

    @property
    def treasury(self) -> Treasury:
        """Raises:
        EngineUnavailable: this process asks another one for money.
        """
        if self.own_treasury is None:
            raise EngineUnavailable(
                f"this needs the CFO's key, which is at {self.settings.cfo_url}: run the command there",
                {"url": self.settings.cfo_url},
            )
        return self.own_treasury

    async def agent(self, role: Role) -> UUID:
        """The oldest agent of the role, made if there is none: in whose name a command without a crew acts."""
        return await _oldest_agent(self.database, self.clock, role)

    async def sweep(self) -> int:
        """Let holds and escalations expire whose time is over; without the CFO's key it is left to who has it."""
        return await self.own_treasury.sweep() if self.own_treasury is not None else 0


@asynccontextmanager
async def open_studio(settings: Settings, clock: Clock) -> AsyncIterator[Studio]:
    """The studio on its engines, migrated; closed again when the block ends.

    Raises:
        EngineUnavailable: the home or an engine can't be used; the message says what to do.
    """
    KNOWN.register(secret.reveal() for secret in settings.secrets())
    home = _home(settings)
    async with AsyncExitStack() as stack:
        urls = await stack.enter_async_context(
            open_engines(
                home,
                revealed(settings.database_url),
                revealed(settings.redis_url),
                revealed(settings.database_owner_url),
            )
        )
        access = await prepare_database(urls.database_url, urls.owner_url)
        database = await stack.enter_async_context(open_database(access.application_url))
        data_keys = await open_key_ring(settings, home, database, clock)
        redis = _redis(urls.redis_url)
        stack.push_async_callback(redis.aclose)
        identity = identity_of(home / "keys", revealed(settings.jwt_secret), database, clock)
        own: Treasury | None = None
        treasurer: Treasurer
        if remote := remote_treasury(settings, home, identity.asking, clock):
            treasurer = await stack.enter_async_context(remote)
        else:
            treasurer = own = await stack.enter_async_context(
                own_treasury(settings, home, database, redis, clock, await _oldest_agent(database, clock, Role.CFO))
            )
        yield Studio(
            settings=settings,
            clock=clock,
            home=home,
            database=database,
            owner_url=access.owner_url,
            redis=redis,
            data_keys=data_keys,
            blobs=open_blobs(settings, home, data_keys),
            channel=LocalChannel(home / "channel"),
            treasurer=treasurer,
            own_treasury=own,
            identity=identity,
        )


def _redis(url: str) -> Redis:
    try:
        return Redis.from_url(url, socket_timeout=REDIS_SECONDS_MAX, socket_connect_timeout=REDIS_SECONDS_MAX)
    except ValueError:
        # What it says may quote the url, and with it the password; so would a trace with it.
        raise EngineUnavailable("REDIS_URL is no Redis url: write it like redis://:password@host:6379/0") from None


def _home(settings: Settings) -> Path:
    home = settings.chimera_home
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise EngineUnavailable(
            f"the home folder {home} can't be made ({error.strerror}): set CHIMERA_HOME to a writable place",
            {"home": str(home)},
        ) from error
    return home


async def _oldest_agent(database: Database, clock: Clock, role: Role) -> UUID:
    async with database.transaction() as connection:
        return await agents.ensure(connection, role, list(CAPABILITIES[role]), new_id(clock))
