"""A studio's front door on a real socket."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from factories_front import House, open_house


@pytest.fixture
async def house(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database_url, redis_url, tmp_path / "home") as opened:
        yield opened
