"""A treasury on a real database, and its door on a real socket."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from chimera.core.clock import FixedClock
from chimera.core.vocabulary import PersonRole
from chimera.runtime.identity.identity import Identity
from chimera.storage.database import Database
from chimera.treasury.treasury import Treasury
from factories_http import http_door
from factories_identity import open_identity, person_token, token_of
from factories_treasury import Office, open_office


@pytest.fixture
async def office(database: Database, clock: FixedClock) -> Office:
    return await open_office(database, clock)


@pytest.fixture
async def treasury(office: Office, database: Database) -> AsyncIterator[Treasury]:
    async with office.treasury(database) as opened:
        yield opened


@pytest.fixture
def identity(database: Database, clock: FixedClock) -> Identity:
    return open_identity(database, clock)


@pytest.fixture
async def address(treasury: Treasury, clock: FixedClock, tmp_path: Path, identity: Identity) -> AsyncIterator[str]:
    async with http_door(treasury, clock, tmp_path, identity.gate) as opened:
        yield opened


@pytest.fixture
async def spender_token(identity: Identity, office: Office) -> str:
    return await token_of(identity, office.spender)


@pytest.fixture
async def spender(address: str, spender_token: str) -> AsyncIterator[httpx.AsyncClient]:
    async with _client(address, spender_token) as client:
        yield client


@pytest.fixture
async def finance(address: str, identity: Identity) -> AsyncIterator[httpx.AsyncClient]:
    async with _client(address, await person_token(identity, PersonRole.FINANCE, "Jörg")) as client:
        yield client


def _client(address: str, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=20)
