"""The data keys of a studio: opened at its start, made the first time, changed by an operator."""

from functools import partial
from pathlib import Path

from chimera.config.settings import Settings
from chimera.core.clock import Clock
from chimera.core.identity import new_id
from chimera.core.secret import revealed
from chimera.security.data_keys import KeyRing, new_data_key, unwrap
from chimera.security.master_key import MasterKey, begin_next, master_keys, take_over
from chimera.storage.database import Connection, Database
from chimera.storage.records import data_key
from chimera.storage.records.data_key import DataKeyRecord


async def open_key_ring(settings: Settings, home: Path, database: Database, clock: Clock) -> KeyRing:
    """The ring of the database's data keys; the first key, and the home's master key, are made if there is none.

    Raises:
        ValidationFailed, EngineUnavailable: no master key, or not the one that the keys are wrapped with.
    """
    async with database.transaction() as connection:
        rows = await data_key.every(connection)
        if not rows:
            await data_key.lock(connection)
            rows = await data_key.every(connection)
        masters = _masters(settings, home, may_make=not rows)
        if not rows:
            rows = [await _add(connection, masters[0], 1, clock)]
    return KeyRing(partial(_masters, settings, home, may_make=False), rows, partial(data_key.read_now, database.url))


async def rotate(settings: Settings, home: Path, database: Database, clock: Clock) -> DataKeyRecord:
    """Make a new data key: what is sealed from now on is under it, what is older still opens.

    Raises:
        ValidationFailed, EngineUnavailable: no master key, or not the one that the keys are wrapped with.
    """
    async with database.transaction() as connection:
        await data_key.lock(connection)
        rows = await data_key.every(connection)
        masters = _masters(settings, home, may_make=False)
        for row in rows:
            unwrap(masters, row)
        return await _add(connection, masters[0], rows[-1].number + 1, clock)


async def rewrap(settings: Settings, home: Path, database: Database) -> int:
    """Wrap every data key with another master: CHIMERA_DATA_KEY where it is set, otherwise a new one in the home.

    Answers how many were wrapped anew. Killed anywhere, it is done by running it again.

    Raises:
        ValidationFailed, EngineUnavailable: no master key, or none that opens the keys.
    """
    keys_folder = home / "keys"
    present = _masters(settings, home, may_make=False)
    begun = begin_next(keys_folder) if settings.chimera_data_key is None else None
    wanted = begun or present[0]
    async with database.transaction() as connection:
        await data_key.lock(connection)
        rows = [row for row in await data_key.every(connection) if row.master_id != wanted.id]
        for row in rows:
            secret = unwrap((wanted, *present), row)
            await data_key.set_wrapped(connection, row.id, wanted.wrap(row.id, secret), wanted.id)
    if begun is not None:
        take_over(keys_folder)
    return len(rows)


def _masters(settings: Settings, home: Path, *, may_make: bool) -> tuple[MasterKey, ...]:
    return master_keys(
        home / "keys",
        revealed(settings.chimera_data_key),
        revealed(settings.chimera_data_key_previous),
        may_make=may_make,
    )


async def _add(connection: Connection, master: MasterKey, number: int, clock: Clock) -> DataKeyRecord:
    key_id = new_id(clock)
    row = DataKeyRecord(key_id, number, master.wrap(key_id, new_data_key()), master.id, clock.now())
    await data_key.insert(connection, row)
    return row
