"""A treasury on a real database, and its door on a real socket."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from chimera.core.clock import FixedClock
from chimera.security.api_tokens import ApiRole
from chimera.storage.database import Database
from chimera.treasury.treasury import Treasury
from factories_http import http_door, tokens_in
from factories_treasury import Office, open_office


@pytest.fixture
async def office(database: Database, clock: FixedClock) -> Office:
    return await open_office(database, clock)


@pytest.fixture
async def treasury(office: Office, database: Database) -> AsyncIterator[Treasury]:
    async with office.treasury(database) as opened:
        yield opened


@pytest.fixture
async def address(treasury: Treasury, clock: FixedClock, tmp_path: Path) -> AsyncIterator[str]:
    async with http_door(treasury, clock, tmp_path) as opened:
        yield opened


@pytest.fixture
def tokens(address: str, tmp_path: Path) -> dict[ApiRole, str]:
    return tokens_in(tmp_path / "keys")


@pytest.fixture
async def spender(address: str, tokens: dict[ApiRole, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with _client(address, tokens[ApiRole.SPENDER]) as client:
        yield client


@pytest.fixture
async def finance(address: str, tokens: dict[ApiRole, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with _client(address, tokens[ApiRole.FINANCE]) as client:
        yield client


def _client(address: str, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=20)
