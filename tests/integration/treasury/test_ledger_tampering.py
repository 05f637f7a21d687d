"""A superuser who silences triggers and drops checks can change the tables; the verification finds it."""

import psycopg
import pytest
from nacl.signing import SigningKey
from psycopg.rows import dict_row

from chimera.contracts.ledger import VerificationReport
from chimera.core.clock import FixedClock
from chimera.security.decision_signature import key_id_of, sign
from chimera.storage.database import Database
from chimera.treasury.verify import verify_ledger
from factories_treasury import Office, open_office

pytestmark = pytest.mark.engines

DISARM = """
DO $$
DECLARE found RECORD;
BEGIN
    FOR found IN SELECT conname, conrelid::regclass AS name FROM pg_constraint
        WHERE contype IN ('c', 'u') AND conrelid::regclass::text IN ('ledger', 'ledger_head', 'budget_tracking')
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', found.name, found.conname);
    END LOOP;
END $$;
ALTER TABLE ledger DISABLE TRIGGER USER;
ALTER TABLE ledger_head DISABLE TRIGGER USER;
ALTER TABLE ledger_key DISABLE TRIGGER USER;
"""
COPY_OF_ROW_3 = "CREATE TEMP TABLE forged AS SELECT * FROM ledger WHERE seq = 3;"


@pytest.fixture
async def office(database: Database, clock: FixedClock) -> Office:
    """Approved, rejected, approved, escalated."""
    opened = await open_office(database, clock)
    treasury = opened.treasury(database)
    for cost, roi in (("15.00", "2.5"), ("15.00", "1.0"), ("3.001", "2.5"), ("970.00", "400")):
        await treasury.decide(opened.request(cost, roi=roi))
    assert (await treasury.verify()).ok
    return opened


async def _report_after(office: Office, database: Database, statements: str) -> VerificationReport:
    """What a verification tells while the tampering stands; it is rolled back afterwards."""
    async with await psycopg.AsyncConnection.connect(database.url, row_factory=dict_row) as connection:
        await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
        await connection.execute(DISARM)
        await connection.execute(statements.encode())
        report = await verify_ledger(connection, [office.key.verify_key], office.clock.now())
        await connection.rollback()
    assert report.ok is not bool(report.problems)
    return report


async def _found_after(office: Office, database: Database, statements: str) -> set[str]:
    return {problem.code for problem in (await _report_after(office, database, statements)).problems}


async def test_disarming_alone_is_no_tampering(office: Office, database: Database) -> None:
    assert (await _report_after(office, database, "SELECT 1")).ok


CHANGED_COLUMNS = [
    ("request_id", "gen_random_uuid()"),
    ("request_hash", "repeat('0', 64)"),
    ("kind", "'settle'"),
    ("agent_id", "cfo_agent_id"),
    ("request_type", "'blockchain'"),
    ("amount", "amount + 0.01"),
    ("amount_micros", "amount_micros - 1"),
    ("currency", "'EUR'"),
    ("projected_roi", "9.99"),
    ("risk_score", "0.00"),
    ("risk_score", "NULL"),
    ("decision", "'rejected'"),
    ("approved", "FALSE"),
    ("reason_code", "'PLEASE'"),
    ("parent_tx", "tx_id"),
    ("cfo_agent_id", "agent_id"),
    ("justification", "'innocent'"),
    ("created_at", "created_at + INTERVAL '1 microsecond'"),
    ("approved_at", "NULL"),
    ("document", "replace(document, '3.001', '9.001')"),
    ("document", "'{}'"),
    ("document", "'not json'"),
    ("approval_signature", "'0x' || repeat('ab', 64)"),
    ("approval_signature", "upper(approval_signature)"),
]


async def test_a_changed_column_is_found(office: Office, database: Database) -> None:
    missed = [
        (column, value)
        for column, value in CHANGED_COLUMNS
        if not {"COLUMN", "SIGNATURE"}
        & await _found_after(office, database, f"UPDATE ledger SET {column} = {value} WHERE seq = 3")
    ]
    assert missed == []


CHANGED_STATE = [
    ("DELETE FROM ledger WHERE seq = 2", "SEQUENCE"),
    ("DELETE FROM ledger WHERE seq = 4", "HEAD"),
    ("DELETE FROM ledger", "HEAD"),
    ("UPDATE ledger SET seq = 5 - seq WHERE seq IN (2, 3)", "COLUMN"),
    ("UPDATE ledger SET seq = NULL WHERE seq = 4", "SEQUENCE"),
    ("UPDATE ledger SET seq = 2 WHERE seq = 3", "SEQUENCE"),
    (
        "DELETE FROM ledger WHERE seq = 1; UPDATE ledger SET seq = seq - 1; UPDATE ledger_head SET size = 3",
        "COLUMN",
    ),
    ("UPDATE ledger_head SET size = 5", "HEAD"),
    ("UPDATE ledger_head SET last_tx = gen_random_uuid()", "HEAD"),
    ("DELETE FROM ledger_head", "HEAD"),
    ("UPDATE ledger_key SET first_seq = 2", "KEY"),
    ("UPDATE ledger_key SET last_seq = 3", "KEY"),
    ("UPDATE budget_tracking SET spent_amount = spent_amount - 0.01 WHERE category = 'total'", "BUDGET"),
    ("UPDATE budget_tracking SET spent_amount = 0.01 WHERE category = 'storage'", "BUDGET"),
    ("UPDATE budget_tracking SET limit_amount = 1 WHERE period = 'weekly'", "BUDGET"),
    ("UPDATE budget_tracking SET period_start = period_start - INTERVAL '1 day' WHERE period = 'daily'", "BUDGET"),
    ("UPDATE budget_tracking SET period = 'yearly' WHERE category = 'storage'", "BUDGET"),
    ("DELETE FROM budget_tracking WHERE category = 'total' AND period = 'daily'", "BUDGET"),
]


async def test_a_changed_sequence_head_key_or_budget_is_found(office: Office, database: Database) -> None:
    missed = [
        statement for statement, code in CHANGED_STATE if code not in await _found_after(office, database, statement)
    ]
    assert missed == []


async def test_a_row_repeated_under_new_ids_is_found(office: Office, database: Database) -> None:
    found = await _found_after(
        office,
        database,
        f"{COPY_OF_ROW_3} UPDATE forged SET seq = 5, tx_id = gen_random_uuid(), request_id = gen_random_uuid(); "
        "INSERT INTO ledger SELECT * FROM forged; "
        "UPDATE ledger_head SET size = 5, last_tx = (SELECT tx_id FROM forged)",
    )
    assert "COLUMN" in found


async def test_a_row_signed_anew_under_a_key_put_into_the_table_is_found(office: Office, database: Database) -> None:
    """The forger signs with a key of his own and registers it: the anchor outside the database does not know it."""
    forger = SigningKey(bytes(32))
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "SELECT replace(document, '3.001', '9.001') AS text FROM ledger WHERE seq = 3"
        )
        row = await cursor.fetchone()
    assert row is not None
    found = await _found_after(
        office,
        database,
        f"ALTER TABLE ledger_key DROP CONSTRAINT ledger_key_names_its_key; DROP INDEX ledger_key_current; "
        f"INSERT INTO ledger_key VALUES ('{key_id_of(forger.verify_key)}', "
        f"'\\x{bytes(forger.verify_key).hex()}', 1, NULL, now()); "
        f"UPDATE ledger SET document = replace(document, '3.001', '9.001'), amount = 9.01, amount_micros = 9001000, "
        f"approval_signature = '{sign(row['text'], forger)}', key_id = '{key_id_of(forger.verify_key)}' WHERE seq = 3",
    )
    assert "KEY" in found


async def test_another_public_key_under_the_old_name_is_found(office: Office, database: Database) -> None:
    found = await _found_after(
        office,
        database,
        "ALTER TABLE ledger_key DROP CONSTRAINT ledger_key_names_its_key; "
        "UPDATE ledger_key SET public_key = sha256('x')",
    )
    assert "KEY" in found


async def test_an_endless_list_of_problems_is_counted_and_cut(office: Office, database: Database) -> None:
    report = await _report_after(
        office,
        database,
        f"{COPY_OF_ROW_3} INSERT INTO ledger SELECT gen_random_uuid(), agent_id, request_type, amount, currency, "
        "projected_roi, risk_score, approved, approval_signature, cfo_agent_id, justification, created_at, "
        "approved_at, 3 + n, gen_random_uuid(), request_hash, kind, decision, reason_code, parent_tx, amount_micros, "
        "document, key_id, execution_time_ms FROM forged, generate_series(1, 1200) AS n",
    )
    assert report.entries > 1000
    assert report.problems_found > 2000
    assert len(report.problems) == 100
