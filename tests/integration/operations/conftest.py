"""A desk with the CFO's key on a real database."""

from collections.abc import AsyncIterator

import pytest

from chimera.core.clock import FixedClock
from chimera.runtime.operations.desk import Desk
from chimera.storage.database import Database
from chimera.treasury.treasury import Treasury
from factories_operations import desk_on
from factories_treasury import Office, open_office


@pytest.fixture
async def office(database: Database, clock: FixedClock) -> Office:
    return await open_office(database, clock)


@pytest.fixture
async def treasury(office: Office, database: Database) -> AsyncIterator[Treasury]:
    async with office.treasury(database) as opened:
        yield opened


@pytest.fixture
def desk(database: Database, clock: FixedClock, treasury: Treasury) -> Desk:
    return desk_on(database, clock, treasury)
