"""A process with nothing but a refresh token in a file asks the CFO under it, for as long as it is used."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from fastapi import FastAPI
from redis.asyncio import Redis

from chimera.api import errors
from chimera.api.server import bind, serve
from chimera.api.tokens import token_routes
from chimera.core.clock import FixedClock
from chimera.core.errors import Unauthenticated, ValidationFailed
from chimera.runtime.identity.attempts import LogInAttempts
from chimera.runtime.identity.identity import Identity
from chimera.runtime.operations.tokens import open_operations
from chimera.security.access_tokens import LIFETIME
from chimera.security.refresh_tokens import GRACE
from chimera.treasury.file_tokens import FileTokens
from factories_http import CutWire

pytestmark = pytest.mark.engines


def kept(file: Path) -> str:
    return file.read_text().strip()


def put(file: Path, text: str) -> None:
    file.write_text(text)


def mode_of(file: Path) -> int:
    return file.stat().st_mode & 0o777


@pytest.fixture
async def address(identity: Identity, clock: FixedClock, redis_url: str) -> AsyncIterator[str]:
    app = FastAPI()
    errors.install(app, clock)
    async with Redis.from_url(redis_url) as redis:
        app.include_router(token_routes(open_operations(identity, LogInAttempts(redis)), identity.jwks))
        listener = bind("127.0.0.1", 0)
        serving = asyncio.create_task(serve(app, listener))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


@pytest.fixture
async def file(identity: Identity, planner: UUID, tmp_path: Path) -> Path:
    path = tmp_path / "token"
    put(path, (await identity.tokens.issue(planner)).refresh_token)
    return path


async def test_the_token_is_exchanged_when_needed_and_its_successor_kept(
    address: str, file: Path, identity: Identity, planner: UUID, clock: FixedClock
) -> None:
    seen = {kept(file)}
    tokens = FileTokens(address, file, clock, plain_http_allowed=False)
    for _ in range(3):
        shown = await tokens.token(None)
        assert await tokens.token(None) == shown
        assert (await identity.gate.caller(shown)).id == planner
        seen.add(kept(file))
        clock.advance(LIFETIME)
    await tokens.aclose()
    assert len(seen) == 4
    assert mode_of(file) == 0o600


async def test_processes_that_share_the_file_take_turns(
    address: str, file: Path, identity: Identity, planner: UUID, clock: FixedClock
) -> None:
    several = [FileTokens(address, file, clock, plain_http_allowed=False) for _ in range(4)]
    shown = await asyncio.gather(*(tokens.token(None) for tokens in several))
    assert {(await identity.gate.caller(token)).id for token in shown} == {planner}
    for tokens in several:
        await tokens.aclose()


async def test_an_answer_that_was_lost_is_had_again(
    address: str, file: Path, identity: Identity, planner: UUID, clock: FixedClock
) -> None:
    wire = CutWire(address, answers_lost=1)
    async with wire.open() as through:
        tokens = FileTokens(through, file, clock, plain_http_allowed=False)
        assert (await identity.gate.caller(await tokens.token(None))).id == planner
        await tokens.aclose()
    assert len(wire.lost) == 1


async def test_a_process_that_ended_before_it_wrote_goes_on_within_the_grace_and_not_later(
    address: str, file: Path, identity: Identity, clock: FixedClock
) -> None:
    before = kept(file)
    for _ in range(2):
        tokens = FileTokens(address, file, clock, plain_http_allowed=False)
        await tokens.token(None)
        await tokens.aclose()
        put(file, before)
    clock.advance(GRACE + timedelta(seconds=1))
    late = FileTokens(address, file, clock, plain_http_allowed=False)
    with pytest.raises(Unauthenticated, match="chimera token issue"):
        await late.token(None)
    await late.aclose()


@pytest.mark.parametrize("text", ["", "x" * 42, "x.y.z", "x" * 60_000, "\n"])
async def test_a_file_without_a_refresh_token_is_refused_at_the_start(
    tmp_path: Path, clock: FixedClock, text: str
) -> None:
    path = tmp_path / "token"
    put(path, text)
    with pytest.raises(ValidationFailed, match="no refresh token"):
        FileTokens("https://cfo.example.org", path, clock, plain_http_allowed=False)
    with pytest.raises(ValidationFailed, match="can't be read"):
        FileTokens("https://cfo.example.org", tmp_path / "none", clock, plain_http_allowed=False)
