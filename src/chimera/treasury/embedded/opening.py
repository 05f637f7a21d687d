"""Opens the CFO inside another program: its database, its key, its limits; one call for `with` and `async with`."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from types import TracebackType

from nacl.signing import SigningKey
from platformdirs import user_data_path

from chimera.core.clock import Clock, SystemClock
from chimera.core.errors import EngineUnavailable
from chimera.core.identity import new_id
from chimera.core.vocabulary import Role
from chimera.security.keys import CFO_KEY, KeyPlace, cfo_signing_key, signing_key
from chimera.storage.access import Access, prepare_database
from chimera.storage.database import open_database
from chimera.storage.engines.opening import open_postgresql
from chimera.storage.records import agents
from chimera.treasury.embedded.amounts import Amount, settle_limits, usd
from chimera.treasury.embedded.blocking import BlockingCfo, LoopThread, Opening
from chimera.treasury.embedded.cfo import EmbeddedCfo
from chimera.treasury.policy import SpendingPolicy
from chimera.treasury.treasury import Treasury

HURDLE_RATE = "1.5"


class CfoDoor:
    """What `open_cfo` gives: enter it once, by `async with` or by `with`."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._opened: AbstractAsyncContextManager[EmbeddedCfo] | None = None
        self._thread: LoopThread | None = None

    async def __aenter__(self) -> EmbeddedCfo:
        self._opened = self._opening()
        return await self._opened.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._opened is not None:
            await self._opened.__aexit__(kind, error, trace)

    def __enter__(self) -> BlockingCfo:
        self._thread = LoopThread(self._opening)
        return BlockingCfo(self._thread)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread is not None:
            self._thread.close()


def open_cfo(
    database_url: str | None = None,
    *,
    limits: Mapping[str, Amount],
    key_file: str | Path | None = None,
    home: str | Path | None = None,
    owner_url: str | None = None,
    hurdle_rate: Amount = HURDLE_RATE,
    clock: Clock | None = None,
) -> CfoDoor:
    """The CFO on its database, migrated, for the length of a `with` or `async with` block.

    Without `database_url` the embedded PostgreSQL of `home` is started, or joined if it runs. `limits` in USD must
    name `daily`, and may name `weekly`, `monthly`, `daily_compute` and the like; nothing above the books' own is taken.
    The key that signs is that of `key_file`, otherwise of CFO_PRIVATE_KEY, otherwise of the home's `keys` folder; a
    file that is not there is made once. `home` is CHIMERA_HOME or Chimera's own unless given.

    Raises on entering:
        ValidationFailed: a limit, the rate or the key is wrong.
        Conflict: a limit is above what stands in the books.
        EngineUnavailable: the home, the key's file or the database can't be used; the message says what to do.
    """
    place = Path(home or os.environ.get("CHIMERA_HOME") or user_data_path("chimera", appauthor=False)).absolute()
    return CfoDoor(
        partial(
            _open,
            database_url,
            owner_url,
            limits=limits,
            key_file=None if key_file is None else Path(key_file).absolute(),
            home=place,
            hurdle_rate=hurdle_rate,
            clock=clock or SystemClock(),
        )
    )


@asynccontextmanager
async def _open(
    database_url: str | None,
    owner_url: str | None,
    *,
    limits: Mapping[str, Amount],
    key_file: Path | None,
    home: Path,
    hurdle_rate: Amount,
    clock: Clock,
) -> AsyncIterator[EmbeddedCfo]:
    async with AsyncExitStack() as stack:
        access = await _access(stack, home, database_url, owner_url)
        key = _key(home, key_file)
        database = await stack.enter_async_context(open_database(access.application_url))
        async with database.transaction() as connection:
            cfo_id = await agents.ensure(connection, Role.CFO, [], new_id(clock))
            policy = SpendingPolicy(await settle_limits(connection, limits), usd(hurdle_rate, "hurdle_rate"))
        treasury = await stack.enter_async_context(
            Treasury(database=database, redis=None, clock=clock, key=key, cfo_agent_id=cfo_id, policy=policy)
        )
        cfo = EmbeddedCfo(treasury, database, clock)
        stack.push_async_callback(cfo.aclose)
        yield cfo


async def _access(stack: AsyncExitStack, home: Path, database_url: str | None, owner_url: str | None) -> Access:
    if database_url is not None:
        return await prepare_database(database_url, owner_url)
    _make_home(home)
    lease = await stack.enter_async_context(open_postgresql(home))
    return await prepare_database(lease.url, lease.owner_url)


def _make_home(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise EngineUnavailable(
            f"the home folder {home} can't be made ({error.strerror}): give a writable home, or a database_url",
            {"home": str(home)},
        ) from error


def _key(home: Path, key_file: Path | None) -> SigningKey:
    if key_file is None:
        return cfo_signing_key(home / "keys", os.environ.get(CFO_KEY.variable) or None)
    place = KeyPlace(CFO_KEY.owner, CFO_KEY.variable, key_file.name, key_file.with_suffix(".pub").name)
    return signing_key(place, key_file.parent, None)
