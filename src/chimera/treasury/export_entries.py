"""The ledger as CSV or JSON lines, row by row, so that any length of it needs little memory."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Literal

from chimera.contracts.ledger import LedgerEntry
from chimera.core.errors import ValidationFailed
from chimera.storage.database import Connection
from chimera.storage.records import ledger
from chimera.treasury.document import entry_of

ExportFormat = Literal["csv", "jsonl"]
COLUMNS = (
    "tx_id",
    "agent_id",
    "request_type",
    "amount",
    "currency",
    "projected_roi",
    "risk_score",
    "approved",
    "approval_signature",
    "cfo_agent_id",
    "justification",
    "created_at",
    "approved_at",
    "seq",
    "request_id",
    "request_hash",
    "kind",
    "decision",
    "reason_code",
    "parent_tx",
    "amount_micros",
    "document",
    "key_id",
    "execution_time_ms",
    "leaf_hash",
)
"""In the order of the table; `document` stands where it has `payload`."""
_PAGE_ROWS = 500
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A cell that begins with one of these may be run by a spreadsheet."""


def wanted_format(text: str) -> ExportFormat:
    """The format a person named.

    Raises:
        ValidationFailed: there is none of this name.
    """
    if text == "csv":
        return "csv"
    if text == "jsonl":
        return "jsonl"
    raise ValidationFailed(f"format {text} is not known: csv or jsonl", {"format": text})


async def exported_lines(connection: Connection, wanted: ExportFormat) -> AsyncIterator[str]:
    """Every row of one moment, oldest first, as lines of text; `connection` must be in a fresh transaction."""
    await ledger.read_one_snapshot(connection)
    if wanted == "csv":
        yield _csv_line(list(COLUMNS))
    after_seq = 0
    while rows := await ledger.page(connection, after_seq, _PAGE_ROWS):
        for row in rows:
            entry = entry_of(row)
            yield csv_line(entry) if wanted == "csv" else json_line(entry)
        after_seq = rows[-1].seq


def json_line(entry: LedgerEntry) -> str:
    """One JSON object and a line feed."""
    return entry.model_dump_json() + "\n"


def csv_line(entry: LedgerEntry) -> str:
    """One record (RFC 4180); a text that a spreadsheet would run begins with an apostrophe."""
    fields = entry.model_dump()
    return _csv_line([_cell(fields[column]) for column in COLUMNS])


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA_STARTS) else text


def _csv_line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
