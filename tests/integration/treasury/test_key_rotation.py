"""Replacing the CFO's key: old rows verify, the old key signs no more, and a stop at any step can be gone on from."""

from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from nacl.signing import SigningKey

from chimera.core.clock import FixedClock
from chimera.core.errors import Forbidden
from chimera.security.decision_signature import key_id_of
from chimera.security.keys import cfo_signing_key, new_private_pem, retired_public_keys, write_once
from chimera.storage.database import Database, open_database
from chimera.storage.records import ledger_key
from chimera.treasury.key_rotation import NEXT_KEY_FILE, rotate_cfo_key
from chimera.treasury.verify import verify_ledger
from factories_ledger_rows import LedgerRows, open_ledger_rows

pytestmark = pytest.mark.engines


@pytest.fixture
async def database(owner_url: str) -> AsyncIterator[Database]:
    """As its owner, who may change what the application can't."""
    async with open_database(owner_url) as opened:
        yield opened


@pytest.fixture
async def rows(database: Database, clock: FixedClock, tmp_path: Path) -> LedgerRows:
    opened = await open_ledger_rows(database, clock.now(), cfo_signing_key(tmp_path, None))
    await opened.decisions(3)
    return opened


async def _is_whole(rows: LedgerRows, keys: Path, clock: FixedClock) -> bool:
    trusted = (cfo_signing_key(keys, None).verify_key, *retired_public_keys(keys))
    async with rows.database.transaction() as connection:
        return (await verify_ledger(connection, trusted, clock.now())).ok


async def test_rows_before_and_after_verify(rows: LedgerRows, clock: FixedClock, tmp_path: Path) -> None:
    old = rows.key
    rotation = await rotate_cfo_key(rows.database, tmp_path, None, clock)
    new = cfo_signing_key(tmp_path, None)
    assert (rotation.old_key_id, rotation.new_key_id) == (key_id_of(old.verify_key), key_id_of(new.verify_key))
    assert not (tmp_path / NEXT_KEY_FILE).exists()
    rows.key = new
    await rows.decisions(3)
    assert await _is_whole(rows, tmp_path, clock)


async def test_the_old_key_signs_no_more(rows: LedgerRows, clock: FixedClock, tmp_path: Path) -> None:
    await rotate_cfo_key(rows.database, tmp_path, None, clock)
    with pytest.raises(psycopg.Error, match="not current"):
        await rows.decisions(1)


async def test_a_key_that_is_not_the_ledgers_replaces_nothing(
    rows: LedgerRows, clock: FixedClock, tmp_path: Path
) -> None:
    with pytest.raises(Forbidden, match="run this where the current key is kept"):
        await rotate_cfo_key(rows.database, tmp_path / "else", None, clock)
    async with rows.database.transaction() as connection:
        assert await ledger_key.current_id(connection) == key_id_of(rows.key.verify_key)


async def test_a_key_from_the_environment_is_retired_and_the_next_one_begins(
    rows: LedgerRows, clock: FixedClock, tmp_path: Path
) -> None:
    rotation = await rotate_cfo_key(rows.database, tmp_path, bytes(rows.key).hex(), clock)
    assert rotation.new_key_id is None
    async with rows.database.transaction() as connection:
        assert await ledger_key.current_id(connection) is None
    assert await _is_whole(rows, tmp_path, clock)


async def _stopped_before_the_ledger(rows: LedgerRows, clock: FixedClock, keys: Path) -> None:
    write_once(keys / NEXT_KEY_FILE, new_private_pem(), mode=0o600)


async def _stopped_before_the_files(rows: LedgerRows, clock: FixedClock, keys: Path) -> None:
    before = {path: path.read_bytes() for path in (keys / "cfo.pem", keys / "cfo.pub")}
    await rotate_cfo_key(rows.database, keys, None, clock)
    (keys / "cfo.pem").replace(keys / NEXT_KEY_FILE)
    for path, content in before.items():
        path.write_bytes(content)
        path.chmod(0o600)


async def _stopped_without_public_key(rows: LedgerRows, clock: FixedClock, keys: Path) -> None:
    await _stopped_before_the_files(rows, clock, keys)
    (keys / "cfo.pub").unlink()


@pytest.mark.parametrize(
    "stopped", [_stopped_before_the_ledger, _stopped_before_the_files, _stopped_without_public_key]
)
async def test_a_replacement_that_was_stopped_is_gone_on_with(
    rows: LedgerRows, clock: FixedClock, tmp_path: Path, stopped: object
) -> None:
    old = rows.key
    await stopped(rows, clock, tmp_path)  # type: ignore[operator]
    assert bytes(cfo_signing_key(tmp_path, None)) == bytes(old)
    rotation = await rotate_cfo_key(rows.database, tmp_path, None, clock)
    rows.key = cfo_signing_key(tmp_path, None)
    assert rotation.new_key_id == key_id_of(rows.key.verify_key)
    async with rows.database.transaction() as connection:
        assert len(await ledger_key.all_keys(connection)) == 2
    await rows.decisions(1)
    assert await _is_whole(rows, tmp_path, clock)


async def test_a_replacement_stopped_at_the_last_step_is_whole(
    rows: LedgerRows, clock: FixedClock, tmp_path: Path
) -> None:
    await rotate_cfo_key(rows.database, tmp_path, None, clock)
    (tmp_path / "cfo.pub").unlink()
    rows.key = cfo_signing_key(tmp_path, None)
    assert isinstance(rows.key, SigningKey)
    await rows.decisions(1)
    assert await _is_whole(rows, tmp_path, clock)
