"""The ledger as CSV and JSON lines: whole, in the table's columns, and harmless in a spreadsheet."""

import csv
import io
import json

import pytest

from chimera.core.clock import FixedClock
from chimera.core.errors import ValidationFailed
from chimera.storage.database import Database
from chimera.treasury.export_entries import COLUMNS, exported_lines, wanted_format
from factories_ledger_rows import LedgerRows, open_ledger_rows

pytestmark = pytest.mark.engines

WORDS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", 'two "words", three\nlines', "plain \u00e9"]


@pytest.fixture
async def rows(database: Database, clock: FixedClock) -> LedgerRows:
    opened = await open_ledger_rows(database, clock.now())
    for words in WORDS:
        await opened.append([{**opened.decision_payload("1.00", seq=opened.size + 1), "justification": words}])
    await opened.pause()
    await opened.decisions(1100)
    return opened


async def _exported(rows: LedgerRows, wanted: str) -> list[str]:
    async with rows.database.transaction() as connection:
        return [line async for line in exported_lines(connection, wanted_format(wanted))]


async def test_csv_holds_every_row_in_the_tables_columns(rows: LedgerRows) -> None:
    records = list(csv.DictReader(io.StringIO("".join(await _exported(rows, "csv")), newline="")))
    assert tuple(records[0]) == COLUMNS
    assert [record["seq"] for record in records] == [str(seq) for seq in range(1, 1112)]
    assert records[0]["document"].startswith('{"agent_id"')
    assert (records[10]["kind"], records[10]["decision"], records[10]["approved"]) == ("pause", "", "false")


async def test_no_cell_of_the_csv_is_a_formula(rows: LedgerRows) -> None:
    records = list(csv.DictReader(io.StringIO("".join(await _exported(rows, "csv")), newline="")))
    told = [record["justification"] for record in records[: len(WORDS)]]
    assert told == [*(f"'{words}" for words in WORDS[:8]), *WORDS[8:]]
    assert not any(cell[:1] in set("=+-@\t\r\n") for record in records for cell in record.values() if cell)


async def test_json_lines_hold_every_row_to_the_letter(rows: LedgerRows) -> None:
    entries = [json.loads(line) for line in await _exported(rows, "jsonl")]
    assert [entry["justification"] for entry in entries[: len(WORDS)]] == WORDS
    assert set(entries[0]) == set(COLUMNS)
    assert len(entries) == 1111


async def test_the_columns_are_those_of_the_table(rows: LedgerRows) -> None:
    async with rows.database.transaction() as connection:
        cursor = await connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'ledger'::regclass AND attnum > 0 AND NOT attisdropped "
            "ORDER BY attnum"
        )
        names = [row["attname"] for row in await cursor.fetchall()]
    assert [{"payload": "document"}.get(name, name) for name in names] == list(COLUMNS)


def test_another_format_is_refused() -> None:
    with pytest.raises(ValidationFailed, match="csv or jsonl"):
        wanted_format("xml")
