"""Publishing the ledger: after kills, from several processes at once, and never over a ledger that was rewritten."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from nacl.signing import SigningKey

from chimera.core.clock import FixedClock
from chimera.core.errors import Conflict, EngineUnavailable, InvalidSignature
from chimera.storage.database import Database, open_database
from chimera.storage.records import ledger
from chimera.treasury.log.checkpoint import read_checkpoint
from chimera.treasury.log.merkle import Frontier
from chimera.treasury.log.merkle_proof import consistency_proof, extends
from chimera.treasury.log.publisher import LogPublisher
from chimera.treasury.verify import LogEvidence, verify_ledger
from factories_ledger_rows import LedgerRows, open_ledger_rows, write_rows_anew

pytestmark = pytest.mark.engines

LOG_KEY = SigningKey(bytes([7]) * 32)


@pytest.fixture
async def database(owner_url: str) -> AsyncIterator[Database]:
    """As its owner, who may change what the application can't."""
    async with open_database(owner_url) as opened:
        yield opened


@pytest.fixture
async def rows(database: Database, clock: FixedClock) -> LedgerRows:
    opened = await open_ledger_rows(database, clock.now())
    await opened.decisions(300)
    return opened


def _publisher(rows: LedgerRows, clock: FixedClock, folder: Path, key: SigningKey = LOG_KEY) -> LogPublisher:
    return LogPublisher(database=rows.database, key=key, folder=folder, clock=clock)


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


async def _verifies(rows: LedgerRows, publisher: LogPublisher, clock: FixedClock) -> bool:
    log = LogEvidence(LOG_KEY.verify_key, publisher.folder)
    async with rows.database.transaction() as connection:
        report = await verify_ledger(connection, [rows.key.verify_key], clock.now(), log)
    return report.ok


async def test_an_empty_ledger_has_nothing_to_publish(database: Database, clock: FixedClock, tmp_path: Path) -> None:
    rows = await open_ledger_rows(database, clock.now())
    assert await _publisher(rows, clock, tmp_path).publish() is None
    assert await _publisher(rows, clock, tmp_path).newest() is None


async def test_each_checkpoint_extends_the_one_before(rows: LedgerRows, clock: FixedClock, tmp_path: Path) -> None:
    publisher = _publisher(rows, clock, tmp_path)
    first = await publisher.publish()
    assert await publisher.publish() is None
    await rows.decisions(500)
    second = await publisher.publish()
    assert first is not None
    assert second is not None
    assert (first.size, second.size) == (300, 800)
    assert read_checkpoint(second.note, await publisher.log_key()) == second == await publisher.newest()
    proof = consistency_proof(300, 800, publisher.folder.nodes(800))
    assert extends(first=300, first_root=first.root, second=800, second_root=second.root, proof=proof)
    assert await _verifies(rows, publisher, clock)


async def test_a_publisher_killed_before_its_checkpoint_goes_on(
    rows: LedgerRows, clock: FixedClock, tmp_path: Path
) -> None:
    """The tiles are there, and so is the row of the table; the file `checkpoint` is what was there before."""
    publisher = _publisher(rows, clock, tmp_path)
    await publisher.publish()
    before = (tmp_path / "checkpoint").read_bytes()
    await rows.decisions(400)
    await publisher.publish()
    whole = _files(tmp_path)
    (tmp_path / "checkpoint").write_bytes(before)
    assert await _publisher(rows, clock, tmp_path).publish() is not None
    assert _files(tmp_path) == whole
    (tmp_path / "checkpoint").unlink()
    assert await _publisher(rows, clock, tmp_path).publish() is not None
    assert _files(tmp_path) == whole


async def test_many_publishers_at_once_export_one_log(rows: LedgerRows, clock: FixedClock, tmp_path: Path) -> None:
    async def grow() -> None:
        for _ in range(10):
            await rows.decisions(37)

    async def publish(times: int) -> None:
        publisher = _publisher(rows, clock, tmp_path)
        for _ in range(times):
            await publisher.publish()

    await asyncio.gather(grow(), *(publish(6) for _ in range(3)))
    publisher = _publisher(rows, clock, tmp_path)
    await publisher.publish()
    newest = await publisher.newest()
    assert newest is not None
    assert newest.size == 670
    assert await _verifies(rows, publisher, clock)


REWRITES = [
    ("UPDATE ledger SET leaf_hash = sha256('x') WHERE seq = 350", "row 350 does not hash"),
    ("DELETE FROM ledger WHERE seq = 350", "missing"),
    ("UPDATE ledger_head SET frontier = sha256('x')", "frontier does not fit"),
    ("UPDATE ledger_head SET frontier = sha256('x') || sha256('x') || sha256('x')", "another root"),
    (
        "UPDATE ledger_head SET size = 299, frontier = decode(repeat('00', 32 * 5), 'hex')",
        "299 rows, 300 were exported",
    ),
]


@pytest.mark.parametrize(("statement", "message"), REWRITES)
async def test_a_ledger_that_does_not_hold_together_is_not_published(
    rows: LedgerRows, clock: FixedClock, tmp_path: Path, statement: str, message: str
) -> None:
    publisher = _publisher(rows, clock, tmp_path)
    await publisher.publish()
    await rows.decisions(100)
    before = _files(tmp_path)
    async with await psycopg.AsyncConnection.connect(rows.database.url) as superuser:
        await superuser.execute("SET session_replication_role = replica")
        for table in ("ledger", "ledger_head"):
            await superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        await superuser.execute(statement.encode())
    with pytest.raises(Conflict, match=message):
        await publisher.publish()
    assert _files(tmp_path) == before


async def test_a_wholly_rewritten_ledger_is_not_published_over_the_old_one(
    rows: LedgerRows, clock: FixedClock, tmp_path: Path
) -> None:
    publisher = _publisher(rows, clock, tmp_path)
    await publisher.publish()
    async with await psycopg.AsyncConnection.connect(rows.database.url, row_factory=psycopg.rows.dict_row) as superuser:
        for table in ("ledger", "ledger_head"):
            await superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        await write_rows_anew(superuser, rows.key, {2: {"reason": "never asked"}})
    before = _files(tmp_path)
    with pytest.raises(Conflict, match="does not extend"):
        await publisher.publish()
    async with rows.database.transaction() as connection:
        for table in ("ledger", "ledger_head"):
            await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())
    async with rows.database.transaction() as connection:
        head = await ledger.head(connection)
    assert head is not None
    rows.frontier = Frontier.from_bytes(head.size, head.frontier)
    await rows.decisions(10)
    with pytest.raises(Conflict, match="Nothing was overwritten"):
        await publisher.publish()
    assert _files(tmp_path) == before


async def test_a_damaged_folder_or_one_of_another_key_is_refused(
    rows: LedgerRows, clock: FixedClock, tmp_path: Path
) -> None:
    publisher = _publisher(rows, clock, tmp_path)
    await publisher.publish()
    await rows.decisions(1)
    with pytest.raises(InvalidSignature, match="not signed by"):
        await _publisher(rows, clock, tmp_path, SigningKey(bytes(32))).publish()
    (tmp_path / "tile/1/000.p/1").write_bytes(bytes(32))
    with pytest.raises(EngineUnavailable, match="is damaged"):
        await publisher.publish()
