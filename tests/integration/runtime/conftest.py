"""What every test of hosted agents stands on."""

from collections.abc import AsyncIterator

import pytest

from chimera.core.clock import FixedClock
from chimera.storage.database import Database
from factories_roster import Stage, open_stage


@pytest.fixture
async def stage(redis_url: str, database: Database, clock: FixedClock) -> AsyncIterator[Stage]:
    async with open_stage(redis_url, database, clock) as opened:
        yield opened
