"""A login kept in a file: exchanged in time, by one process at a time, and by nobody else."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from chimera.core.clock import FixedClock
from chimera.core.errors import ChimeraError, Unauthenticated, ValidationFailed
from chimera.core.vocabulary import Role
from chimera.mcp.login import KeptLogin
from chimera.runtime.identity.identity import Identity
from chimera.runtime.roster.capabilities import CAPABILITIES
from chimera.storage.database import Database
from chimera.storage.engines.lock import FileLock
from chimera.storage.records import agents
from factories_identity import open_identity

pytestmark = pytest.mark.engines


@pytest.fixture
def identity(database: Database, clock: FixedClock) -> Identity:
    return open_identity(database, clock)


@pytest.fixture
async def scout(database: Database) -> UUID:
    async with database.transaction() as connection:
        return await agents.ensure(connection, Role.SCOUT, list(CAPABILITIES[Role.SCOUT]), uuid4())


@pytest.fixture
async def file(identity: Identity, scout: UUID, tmp_path: Path) -> Path:
    path = tmp_path / "refresh"
    path.write_text((await identity.tokens.issue(scout)).refresh_token + "\n")
    path.chmod(0o600)
    return path


def token_in(file: Path) -> str:
    return file.read_text().strip()


async def test_it_is_exchanged_before_its_access_token_ends_and_not_earlier(
    identity: Identity, clock: FixedClock, scout: UUID, file: Path
) -> None:
    login = KeptLogin(identity.gate, identity.tokens, clock, file)
    kept = []
    for minutes in (0, 54, 2):
        clock.advance(timedelta(minutes=minutes))
        assert (await login.caller()).id == scout
        kept.append(token_in(file))
    assert kept[0] == kept[1] != kept[2]


async def test_processes_that_share_the_file_take_turns(
    identity: Identity, clock: FixedClock, scout: UUID, file: Path
) -> None:
    other = FileLock(file.with_name(f".{file.name}.lock"))
    assert other.try_exclusive()
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        other.close()

    login = KeptLogin(identity.gate, identity.tokens, clock, file, sleep=sleep)
    again = KeptLogin(identity.gate, identity.tokens, clock, file)
    assert [(await each.caller()).id for each in (login, again)] == [scout, scout]
    assert len(waited) == 1


async def test_a_login_that_was_ended_stays_so(identity: Identity, clock: FixedClock, file: Path) -> None:
    await identity.tokens.revoke_refresh(token_in(file))
    with pytest.raises(Unauthenticated):
        await KeptLogin(identity.gate, identity.tokens, clock, file).caller()


@pytest.mark.parametrize(("content", "mode"), [("", 0o600), ("no token", 0o600), ("x" * 43, 0o644), (None, 0o600)])
async def test_a_file_that_is_none_is_refused(
    identity: Identity, clock: FixedClock, tmp_path: Path, content: str | None, mode: int
) -> None:
    file = tmp_path / "other"
    if content is not None:
        file.write_text(content)
        file.chmod(mode)
    with pytest.raises(ChimeraError) as refused:
        await KeptLogin(identity.gate, identity.tokens, clock, file).caller()
    assert isinstance(refused.value, ValidationFailed)
    assert str(file) in refused.value.message
