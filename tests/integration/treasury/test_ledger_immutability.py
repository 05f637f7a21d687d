"""The ledger can only grow, row after row, whoever is connected and however triggers are silenced."""

from dataclasses import replace
from itertools import product
from uuid import uuid4

import psycopg
import pytest

from chimera.core.clock import FixedClock
from chimera.storage.database import Database
from chimera.storage.records import ledger
from factories_ledger_rows import append_rows
from factories_treasury import Office, open_office

pytestmark = pytest.mark.engines


@pytest.fixture
async def office(database: Database, clock: FixedClock) -> Office:
    """Three decisions are in the ledger."""
    opened = await open_office(database, clock)
    for cost in ("15.00", "2000.00", "3.00"):
        await opened.treasury(database).decide(opened.request(cost))
    return opened


async def _last_row(database: Database) -> ledger.LedgerRecord:
    async with database.transaction() as connection:
        [row] = await ledger.newest(connection, 1)
    return row


REFUSED = [
    "UPDATE ledger SET amount = amount + 1",
    "UPDATE ledger SET approved_at = now() WHERE seq = 2",
    "DELETE FROM ledger WHERE seq = 3",
    "TRUNCATE ledger CASCADE",
    "UPDATE ledger_head SET size = size + 1",
    "DELETE FROM ledger_head",
    "TRUNCATE ledger_head",
    "UPDATE ledger_key SET public_key = sha256('x')",
    "DELETE FROM ledger_key",
    "TRUNCATE ledger_key CASCADE",
]


async def test_what_is_written_stays_written(office: Office, database: Database, owner_url: str) -> None:
    for statement, mode in product(REFUSED, ("origin", "replica")):
        async with await psycopg.AsyncConnection.connect(owner_url) as connection:
            await connection.execute(f"SET session_replication_role = {mode}")
            with pytest.raises(psycopg.errors.RestrictViolation):
                await connection.execute(statement.encode())
    assert (await office.treasury(database).verify()).ok


async def test_a_row_that_does_not_follow_the_head_is_refused(office: Office, database: Database) -> None:
    for seq in (3, 5, -1):
        row = replace(await _last_row(database), seq=seq, tx_id=uuid4(), request_id=uuid4())
        with pytest.raises(psycopg.errors.IntegrityError):
            async with database.transaction() as connection:
                await append_rows(connection, [row])


CONTRADICTIONS: list[dict[str, object]] = [
    {"amount_micros": 1},
    {"approved": False},
    {"decision": "granted"},
    {"approval_signature": "0x12"},
    {"currency": "EUR"},
    {"seq": None},
    {"leaf_hash": b"short"},
    {"kind": "gift"},
    {"kind": "settle"},
    {"kind": "pause"},
    {"approved_at": None},
]


async def test_a_row_that_contradicts_itself_is_refused(office: Office, database: Database) -> None:
    whole = replace(await _last_row(database), seq=4, tx_id=uuid4(), request_id=uuid4())
    for change in (*CONTRADICTIONS, {"agent_id": office.cfo}):
        with pytest.raises(psycopg.errors.CheckViolation):
            async with database.transaction() as connection:
                await append_rows(connection, [replace(whole, **change)])  # type: ignore[arg-type]


async def test_a_row_under_a_retired_key_is_refused(office: Office, database: Database, owner_url: str) -> None:
    row = replace(await _last_row(database), seq=4, tx_id=uuid4(), request_id=uuid4())
    async with await psycopg.AsyncConnection.connect(owner_url) as connection:
        await connection.execute("UPDATE ledger_key SET last_seq = 0 WHERE last_seq IS NULL")
    with pytest.raises(psycopg.errors.IntegrityError, match="not current"):
        async with database.transaction() as connection:
            await append_rows(connection, [row])
