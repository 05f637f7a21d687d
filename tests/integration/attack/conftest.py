"""The whole front door, for who means it no good."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from factories_attack import Served, open_served


@pytest.fixture
async def served(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with open_served(database_url, redis_url, tmp_path) as opened:
        yield opened
