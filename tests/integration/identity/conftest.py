"""Who is who on a real database, with an agent and a person known."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from chimera.core.clock import FixedClock
from chimera.core.vocabulary import PersonRole, Role
from chimera.runtime.identity.identity import Identity
from chimera.storage.database import Database
from chimera.storage.records import agents
from factories_identity import open_identity


@pytest.fixture
def identity(database: Database, clock: FixedClock, tmp_path: Path) -> Identity:
    return open_identity(database, clock, tmp_path / "keys")


@pytest.fixture
async def planner(database: Database) -> UUID:
    async with database.transaction() as connection:
        return await agents.ensure(connection, Role.PLANNER, [], uuid4())


@pytest.fixture
async def anna(identity: Identity) -> UUID:
    return (await identity.people.add("Anna", PersonRole.FINANCE, None)).id
