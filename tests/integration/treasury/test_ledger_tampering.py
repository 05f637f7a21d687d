"""A superuser who silences triggers and drops checks can change the tables; `verify` names the first bad row."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from nacl.signing import SigningKey
from psycopg.rows import dict_row

from chimera.contracts.ledger import VerificationReport
from chimera.core.clock import FixedClock
from chimera.core.errors import InvalidSignature
from chimera.security.decision_signature import key_id_of
from chimera.storage.database import Database, open_database
from chimera.treasury.log.checkpoint import Checkpoint
from chimera.treasury.log.publisher import LogPublisher
from chimera.treasury.log.tiles import LogFolder
from chimera.treasury.verify import LogEvidence, verify_ledger
from factories_ledger_rows import LedgerRows, open_ledger_rows, write_rows_anew

pytestmark = pytest.mark.engines

DISARM = """
DO $$
DECLARE found RECORD;
BEGIN
    FOR found IN SELECT conname, conrelid::regclass AS name FROM pg_constraint
        WHERE contype IN ('c', 'u', 'p') AND conrelid::regclass::text IN
            ('ledger', 'ledger_head', 'budget_tracking', 'ledger_checkpoint', 'ledger_key')
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', found.name, found.conname);
    END LOOP;
    FOR found IN SELECT attname, attrelid::regclass AS name FROM pg_attribute
        WHERE attrelid::regclass::text = 'ledger' AND attnum > 0 AND attnotnull AND NOT attisdropped
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', found.name, found.attname);
    END LOOP;
END $$;
ALTER TABLE ledger DISABLE TRIGGER USER;
ALTER TABLE ledger_head DISABLE TRIGGER USER;
ALTER TABLE ledger_key DISABLE TRIGGER USER;
ALTER TABLE ledger_checkpoint DISABLE TRIGGER USER;
"""
LOG_KEY = SigningKey(bytes([7]) * 32)
COPY_OF_ROW_3 = "CREATE TEMP TABLE forged AS SELECT * FROM ledger WHERE seq = 3;"


@dataclass
class Books:
    """Every kind of row, published once after row 6 and once at the end."""

    rows: LedgerRows
    database: Database
    publisher: LogPublisher
    old: Checkpoint
    clock: FixedClock

    @asynccontextmanager
    async def tampered(self, statements: str) -> AsyncIterator[psycopg.AsyncConnection[dict[str, object]]]:
        """A connection on which the tampering stands; it is rolled back afterwards."""
        async with await psycopg.AsyncConnection.connect(self.database.url, row_factory=dict_row) as connection:
            await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
            await connection.execute(DISARM)
            await connection.execute(statements.encode())
            yield connection
            await connection.rollback()

    async def verified(
        self,
        connection: psycopg.AsyncConnection[dict[str, object]],
        *,
        folder: LogFolder | None = None,
        note: str | None = None,
    ) -> VerificationReport:
        log = LogEvidence(LOG_KEY.verify_key, folder, note)
        report = await verify_ledger(connection, [self.rows.key.verify_key], self.clock.now(), log)
        assert report.ok is not bool(report.problems)
        return report

    async def report_after(self, statements: str) -> VerificationReport:
        async with self.tampered(statements) as connection:
            return await self.verified(connection)

    async def found_after(self, statements: str) -> set[str]:
        return {problem.code for problem in (await self.report_after(statements)).problems}


@pytest.fixture
async def database(owner_url: str) -> AsyncIterator[Database]:
    """As its owner, who may change what the application can't."""
    async with open_database(owner_url) as opened:
        yield opened


@pytest.fixture
async def books(database: Database, clock: FixedClock, tmp_path: Path) -> Books:
    """Rows: 1 approved, 2 rejected, 3 hold, 4 settles it, 5 escalated, 6 answers it; 7 hold, 8 settles it in full,
    9 overruns, 10 pauses, 11 resumes, 12 hold, 13 expires it, 14 approved, 15 voids it, 16 hold, 17 escalated."""
    rows = await open_ledger_rows(database, clock.now())
    publisher = LogPublisher(database=database, key=LOG_KEY, folder=tmp_path / "log", clock=clock)
    await rows.decision("15.00")
    await rows.decision("15.00", "rejected")
    await rows.settle(await rows.decision("3.001", hold=True), "2.00")
    await rows.human(await rows.decision("970.00", "escalated"), "100.00", hold=True)
    old = await publisher.publish()
    assert old is not None
    full = await rows.decision("10.00", hold=True)
    await rows.settle(full, "10.00")
    await rows.overrun(full, "3.00", "1.00")
    await rows.pause()
    await rows.resume()
    rows.at += timedelta(days=1)
    await rows.expire(await rows.decision("4.00", hold=True, request_type="compute"))
    await rows.void(await rows.decision("5.00", request_type="blockchain"))
    await rows.decision("6.00", hold=True)
    await rows.decision("7.00", "escalated")
    assert (await publisher.publish()) is not None
    opened = Books(rows, database, publisher, old, clock)
    async with opened.tampered("SELECT 1") as connection:
        report = await opened.verified(connection, folder=publisher.folder, note=old.note)
    assert (report.ok, report.entries, report.checkpoints, report.exported) == (True, 17, 2, 17), report.problems
    return opened


CHANGED_COLUMNS = [
    ("request_id", "gen_random_uuid()"),
    ("request_hash", "repeat('0', 64)"),
    ("kind", "'settle'"),
    ("agent_id", "cfo_agent_id"),
    ("request_type", "'blockchain'"),
    ("amount", "amount + 0.01"),
    ("amount", "'NaN'"),
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
    ("justification", "NULL"),
    ("created_at", "created_at + INTERVAL '1 microsecond'"),
    ("created_at", "'infinity'"),
    ("approved_at", "NULL"),
    ("payload", "jsonb_set(payload, '{amount}', '\"9.001\"')"),
    ("payload", "payload - 'hold_expires_at'"),
    ("payload", "'{}'"),
    ("payload", "'[1.5]'"),
    ("payload", "'null'"),
    ("approval_signature", "'0x' || repeat('ab', 64)"),
    ("approval_signature", "upper(approval_signature)"),
    ("leaf_hash", "sha256('x')"),
    ("key_id", "repeat('0', 16)"),
]


async def test_a_changed_column_names_its_row(books: Books) -> None:
    missed = [
        (column, value)
        for column, value in CHANGED_COLUMNS
        if (await books.report_after(f"UPDATE ledger SET {column} = {value} WHERE seq = 3")).first_bad_seq != 3
    ]
    assert missed == []


INSERT_AS_ROW_4 = (
    "UPDATE ledger SET seq = seq + 1 WHERE seq > 3; UPDATE forged SET seq = 4; "
    "INSERT INTO ledger SELECT * FROM forged; UPDATE ledger_head SET size = 18"
)
CHANGED_ROWS = [
    ("DELETE FROM ledger WHERE seq = 2", "SEQUENCE", 2),
    ("DELETE FROM ledger WHERE seq = 17", "HEAD", 17),
    ("DELETE FROM ledger WHERE seq > 4", "HEAD", 5),
    ("DELETE FROM ledger", "HEAD", 1),
    ("UPDATE ledger SET seq = 5 - seq WHERE seq IN (2, 3)", "COLUMN", 2),
    ("UPDATE ledger SET seq = NULL WHERE seq = 4", "SEQUENCE", 4),
    ("UPDATE ledger SET seq = 2 WHERE seq = 3", "SEQUENCE", 2),
    ("DELETE FROM ledger WHERE seq = 1; UPDATE ledger SET seq = seq - 1; UPDATE ledger_head SET size = 16", "TREE", 1),
    (f"{COPY_OF_ROW_3} {INSERT_AS_ROW_4}", "COLUMN", 4),
    ("UPDATE ledger_head SET size = 18", "HEAD", 18),
    ("UPDATE ledger_head SET size = 16", "HEAD", 17),
]  # fmt: skip


async def test_rows_deleted_inserted_reordered_or_cut_off_name_the_first_bad_row(books: Books) -> None:
    missed = []
    for statement, code, seq in CHANGED_ROWS:
        report = await books.report_after(statement)
        if code not in {problem.code for problem in report.problems} or report.first_bad_seq != seq:
            missed.append((statement, report.first_bad_seq, report.problems))
    assert missed == []


async def test_rows_cut_off_together_with_everything_that_tells_of_them_break_the_checkpoints(books: Books) -> None:
    report = await books.report_after(
        "DELETE FROM ledger WHERE seq > 14; DELETE FROM spend_hold WHERE tx_id NOT IN (SELECT tx_id FROM ledger); "
        "DELETE FROM escalation WHERE tx_id NOT IN (SELECT tx_id FROM ledger); "
        "UPDATE ledger_head SET size = 14, last_tx = (SELECT tx_id FROM ledger WHERE seq = 14)"
    )
    assert report.first_bad_seq == 15
    assert "CHECKPOINT" in {problem.code for problem in report.problems}


CHANGED_STATE = [
    ("UPDATE ledger_head SET last_tx = gen_random_uuid()", "HEAD"),
    ("UPDATE ledger_head SET last_time = last_time - INTERVAL '1 second'", "HEAD"),
    ("UPDATE ledger_head SET frontier = sha256('x')", "TREE"),
    ("UPDATE ledger_head SET paused_by = last_tx", "PAUSE"),
    ("DELETE FROM ledger_head", "HEAD"),
    ("UPDATE ledger_key SET first_seq = 2", "KEY"),
    ("UPDATE ledger_key SET last_seq = 3", "KEY"),
    ("UPDATE ledger_key SET public_key = sha256('x')", "KEY"),
    ("UPDATE ledger_checkpoint SET root = sha256('x') WHERE size = 6", "CHECKPOINT"),
    ("UPDATE ledger_checkpoint SET size = 7 WHERE size = 6", "CHECKPOINT"),
    ("UPDATE ledger_checkpoint SET size = 18 WHERE size = 17", "CHECKPOINT"),
    ("UPDATE ledger_checkpoint SET note = replace(note, 'chimera', 'chimaera')", "CHECKPOINT"),
    ("UPDATE budget_tracking SET spent_amount = spent_amount - 0.01 WHERE category = 'total'", "BUDGET"),
    ("UPDATE budget_tracking SET held_amount = 0 WHERE category = 'total'", "BUDGET"),
    ("UPDATE budget_tracking SET debt_amount = 0 WHERE category = 'total'", "BUDGET"),
    ("UPDATE budget_tracking SET carried_amount = 2.01 WHERE category = 'total' AND period = 'daily'", "BUDGET"),
    ("UPDATE budget_tracking SET spent_amount = 0.01 WHERE category = 'compute'", "BUDGET"),
    ("UPDATE budget_tracking SET limit_amount = 1 WHERE period = 'weekly'", "BUDGET"),
    ("UPDATE budget_tracking SET period_start = period_start - INTERVAL '1 day' WHERE period = 'daily'", "BUDGET"),
    ("UPDATE budget_tracking SET period = 'yearly' WHERE category = 'api_call'", "BUDGET"),
    ("DELETE FROM budget_tracking WHERE category = 'total' AND period = 'daily'", "BUDGET"),
    ("DELETE FROM spend_hold", "HOLD"),
    ("INSERT INTO spend_hold SELECT tx_id, now() FROM ledger WHERE seq = 3", "HOLD"),
    ("DELETE FROM escalation", "ESCALATION"),
    ("INSERT INTO escalation SELECT tx_id, now() FROM ledger WHERE seq = 5", "ESCALATION"),
]  # fmt: skip


async def test_a_changed_head_key_checkpoint_budget_hold_or_escalation_is_found(books: Books) -> None:
    missed = [statement for statement, code in CHANGED_STATE if code not in await books.found_after(statement)]
    assert missed == []


async def test_a_row_repeated_under_new_ids_is_found(books: Books) -> None:
    report = await books.report_after(
        f"{COPY_OF_ROW_3} UPDATE forged SET seq = 18, tx_id = gen_random_uuid(), request_id = gen_random_uuid(); "
        "INSERT INTO ledger SELECT * FROM forged; "
        "UPDATE ledger_head SET size = 18, last_tx = (SELECT tx_id FROM forged)"
    )
    assert report.first_bad_seq == 18
    assert "COLUMN" in {problem.code for problem in report.problems}


async def test_rows_signed_anew_under_a_key_put_into_the_table_are_found(books: Books) -> None:
    """The forger signs with a key of his own and registers it: the anchor outside the database does not know it."""
    forger = SigningKey(bytes(32))
    async with books.tampered(
        f"DROP INDEX ledger_key_current; INSERT INTO ledger_key VALUES ('{key_id_of(forger.verify_key)}', "
        f"'\\x{bytes(forger.verify_key).hex()}', 1, NULL, now()) "
    ) as connection:
        await write_rows_anew(connection, forger, {3: {"amount": "9.001"}})
        report = await books.verified(connection)
    assert (report.first_bad_seq, {problem.code for problem in report.problems} >= {"KEY"}) == (1, True)


async def _rewrite(books: Books, connection: psycopg.AsyncConnection[dict[str, object]]) -> None:
    """The holder of the CFO's key rewrites row 2, with everything in the database that follows from it."""
    await connection.execute("DELETE FROM ledger_checkpoint")
    await write_rows_anew(connection, books.rows.key, {2: {"reason": "never asked"}})


async def test_a_database_rewritten_by_the_key_holder_verifies_by_itself(books: Books) -> None:
    async with books.tampered("SELECT 1") as connection:
        await _rewrite(books, connection)
        assert (await books.verified(connection)).ok


async def test_a_rewritten_database_does_not_begin_with_an_old_checkpoint(books: Books) -> None:
    async with books.tampered("SELECT 1") as connection:
        await _rewrite(books, connection)
        report = await books.verified(connection, note=books.old.note)
    assert [(problem.code, problem.seq) for problem in report.problems] == [("CHECKPOINT", None)]
    assert "the first 6 rows were changed" in report.problems[0].message


async def test_with_the_exported_log_the_rewritten_row_is_named(books: Books) -> None:
    async with books.tampered("SELECT 1") as connection:
        await _rewrite(books, connection)
        report = await books.verified(connection, note=books.old.note, folder=books.publisher.folder)
    assert report.first_bad_seq == 2
    assert {problem.code for problem in report.problems} == {"CHECKPOINT", "EXPORT"}


async def test_a_ledger_cut_off_before_an_old_checkpoint_names_the_first_missing_row(books: Books) -> None:
    async with books.tampered("DELETE FROM ledger_checkpoint; DELETE FROM ledger WHERE seq > 3") as connection:
        report = await books.verified(connection, note=books.old.note)
    assert report.first_bad_seq == 4


async def test_a_checkpoint_of_another_ledger_or_key_is_refused_or_told(books: Books) -> None:
    async with books.tampered("UPDATE ledger_head SET ledger_id = gen_random_uuid()") as connection:
        report = await books.verified(connection, note=books.old.note)
        assert any("is of the ledger" in problem.message for problem in report.problems)
        with pytest.raises(InvalidSignature, match="not signed by"):
            await verify_ledger(
                connection,
                [books.rows.key.verify_key],
                books.clock.now(),
                LogEvidence(SigningKey(bytes(32)).verify_key, None, books.old.note),
            )


TAMPERED_FILES = ["checkpoint", "tile/0/000.p/17", "tile/entries/000.p/17"]


@pytest.mark.parametrize("name", TAMPERED_FILES)
async def test_a_tampered_file_of_the_exported_log_is_found_and_blames_no_row(books: Books, name: str) -> None:
    path = books.publisher.folder.folder / name
    content = path.read_bytes()
    path.write_bytes(content[:-40] + bytes([content[-40] ^ 1]) + content[-39:])
    async with books.tampered("SELECT 1") as connection:
        report = await books.verified(connection, folder=books.publisher.folder)
    assert {problem.code for problem in report.problems} == {"EXPORT"}
    assert report.first_bad_seq is None


@pytest.mark.parametrize("name", TAMPERED_FILES[1:])
async def test_a_missing_file_of_the_exported_log_is_found(books: Books, name: str) -> None:
    (books.publisher.folder.folder / name).unlink()
    async with books.tampered("SELECT 1") as connection:
        report = await books.verified(connection, folder=books.publisher.folder)
    assert {problem.code for problem in report.problems} == {"EXPORT"}


async def test_an_endless_list_of_problems_is_counted_and_cut(books: Books) -> None:
    report = await books.report_after(
        f"{COPY_OF_ROW_3} DO $$ BEGIN FOR n IN 1..1200 LOOP UPDATE forged SET seq = 17 + n, tx_id = gen_random_uuid(); "
        "INSERT INTO ledger SELECT * FROM forged; END LOOP; END $$"
    )
    assert report.entries == 1217
    assert report.problems_found > 2000
    assert len(report.problems) == 100
