"""The database's data keys: made once by whoever is first, shared by all, changed while everybody works."""

import asyncio
import base64
import io
import os
from pathlib import Path
from typing import Any

import pytest

from chimera.bootstrap.data_keys import open_key_ring, rewrap, rotate
from chimera.config.settings import Settings
from chimera.core.clock import FixedClock
from chimera.core.errors import EngineUnavailable
from chimera.security.data_keys import KeyRing
from chimera.storage.database import Database
from chimera.storage.records import data_key

pytestmark = pytest.mark.engines


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


class Machine:
    """A home with its settings, on the shared database."""

    def __init__(self, database: Database, clock: FixedClock, home: Path, **settings: Any) -> None:
        self.database, self.clock, self.home = database, clock, home
        self.settings = Settings(chimera_home=home, **settings)

    async def ring(self) -> KeyRing:
        return await open_key_ring(self.settings, self.home, self.database, self.clock)

    async def rotate(self) -> int:
        return (await rotate(self.settings, self.home, self.database, self.clock)).number

    async def rewrap(self) -> int:
        return await rewrap(self.settings, self.home, self.database)


@pytest.fixture
def machine(database: Database, clock: FixedClock, tmp_path: Path) -> Machine:
    return Machine(database, clock, tmp_path / "one")


def key_files(folder: Path) -> list[Path]:
    return list(folder.rglob("*.key"))


async def rows(database: Database) -> list[data_key.DataKeyRecord]:
    async with database.transaction() as connection:
        return await data_key.every(connection)


async def test_many_first_starts_at_once_make_one_key(machine: Machine) -> None:
    rings = await asyncio.gather(*(machine.ring() for _ in range(8)))

    assert len({ring.current_id for ring in rings}) == 1
    assert [row.number for row in await rows(machine.database)] == [1]


async def test_two_homes_that_start_first_at_once_do_not_split(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    homes = [Machine(database, clock, tmp_path / name) for name in ("one", "two")]

    answers = await asyncio.gather(*(home.ring() for home in homes), return_exceptions=True)

    refused = [answer for answer in answers if isinstance(answer, EngineUnavailable)]
    assert ["copy data.key" in failure.message for failure in refused] == [True]
    assert len(key_files(tmp_path)) == 1


async def test_machines_with_one_master_share_what_is_sealed(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    key = new_key()
    one, two = [await Machine(database, clock, tmp_path / name, chimera_data_key=key).ring() for name in "ab"]

    assert two.open_bytes("script", "1", one.seal_bytes("script", "1", b"shared")) == b"shared"
    assert key_files(tmp_path) == []


async def test_a_wrong_master_is_one_clear_error_and_changes_nothing(machine: Machine) -> None:
    await machine.ring()
    before = await rows(machine.database)
    other = Machine(machine.database, machine.clock, machine.home, chimera_data_key=new_key())

    for step in (other.ring, other.rotate, other.rewrap):
        with pytest.raises(EngineUnavailable, match="set CHIMERA_DATA_KEY to the one it was made with"):
            await step()

    assert await rows(machine.database) == before


async def test_a_new_key_seals_on_every_machine_and_the_old_still_opens(machine: Machine) -> None:
    here, there = await machine.ring(), await machine.ring()
    old = here.seal_bytes("script", "1", b"old")

    assert await machine.rotate() == 2
    list(here.seal_file("assets/a", 1, io.BytesIO(b"x").read))  # looks for the newest key

    assert here.current_id == (await rows(machine.database))[-1].id != there.current_id
    assert there.open_bytes("script", "1", here.seal_bytes("script", "1", b"new")) == b"new"
    assert there.current_id == here.current_id
    assert (await machine.ring()).open_bytes("script", "1", old) == b"old"


async def test_many_rotations_at_once_are_one_after_another(machine: Machine) -> None:
    await machine.ring()

    assert sorted(await asyncio.gather(*(machine.rotate() for _ in range(5)))) == [2, 3, 4, 5, 6]


async def test_the_homes_master_is_changed_under_a_running_process(machine: Machine) -> None:
    running = await machine.ring()
    sealed = running.seal_bytes("script", "1", b"x")
    present = (machine.home / "keys" / "data.key").read_bytes()

    assert await machine.rewrap() == 1
    await machine.rotate()
    running.refresh()

    assert (machine.home / "keys" / "data.key").read_bytes() != present
    assert running.current_id == (await rows(machine.database))[-1].id
    assert (await machine.ring()).open_bytes("script", "1", sealed) == b"x"
    (machine.home / "keys" / "previous.data.key").unlink()
    assert (await machine.ring()).open_bytes("script", "1", sealed) == b"x"


async def test_the_master_of_the_environment_is_changed_with_the_previous_beside_it(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    old, new = new_key(), new_key()
    before = Machine(database, clock, tmp_path, chimera_data_key=old)
    between = Machine(database, clock, tmp_path, chimera_data_key=new, chimera_data_key_previous=old)
    after = Machine(database, clock, tmp_path, chimera_data_key=new)
    sealed = (await before.ring()).seal_bytes("script", "1", b"x")

    assert (await between.ring()).open_bytes("script", "1", sealed) == b"x"
    assert [await between.rewrap(), await between.rewrap()] == [1, 0]

    assert (await after.ring()).open_bytes("script", "1", sealed) == b"x"
    with pytest.raises(EngineUnavailable):
        await before.ring()


async def test_no_key_is_in_the_database_as_it_is(machine: Machine) -> None:
    await machine.ring()
    master = base64.b64decode((machine.home / "keys" / "data.key").read_text())
    (row,) = await rows(machine.database)

    assert master not in row.wrapped + row.master_id
    assert len(row.wrapped) == 60
