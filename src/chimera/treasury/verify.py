"""`chimera ledger verify`: reads ledger, keys and budgets in one snapshot and puts them through the audit."""

from collections.abc import Collection
from datetime import datetime

from nacl.signing import VerifyKey

from chimera.contracts.ledger import VerificationReport
from chimera.storage.database import Connection
from chimera.storage.records import budget_tracking, ledger, ledger_key
from chimera.treasury.audit import Audit

_PAGE_ROWS = 1000
_BEFORE_EVERY_SEQ = -(2**63)
_BEFORE_EVERY_LINE = -(2**31)


async def verify_ledger(
    connection: Connection, trusted: Collection[VerifyKey], checked_at: datetime
) -> VerificationReport:
    """Check every row, the head and every budget line against the signed documents; changes nothing.

    `connection` must be in a fresh transaction. Only signatures under the `trusted` keys count: the ledger's own list
    of keys lies beside the rows and proves nothing by itself. Memory is bounded: rows are read 1,000 at a time.
    """
    await ledger.read_one_snapshot(connection)
    audit = Audit(trusted, await ledger_key.all_keys(connection))
    after_seq = _BEFORE_EVERY_SEQ
    while rows := await ledger.page(connection, after_seq, _PAGE_ROWS):
        for row in rows:
            audit.take_row(row)
        after_seq = rows[-1].seq
    audit.finish(await ledger.head(connection), await ledger.count(connection))
    after_id = _BEFORE_EVERY_LINE
    while lines := await budget_tracking.page(connection, after_id, _PAGE_ROWS):
        for line in lines:
            audit.take_budget(line)
        after_id = lines[-1].id
    audit.finish_budgets()
    return audit.report(checked_at)
