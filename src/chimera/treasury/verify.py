"""`chimera ledger verify`: reads everything about the ledger in one snapshot and puts it through the audit."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from nacl.signing import VerifyKey

from chimera.contracts.ledger import VerificationReport
from chimera.security.decision_signature import key_id_of
from chimera.security.signed_note import NoteKey
from chimera.storage.database import Connection
from chimera.storage.records import budget_tracking, ledger, ledger_checkpoint, ledger_key, open_spending
from chimera.storage.records.ledger_text import stored_rows
from chimera.treasury.amounts import cents_text
from chimera.treasury.audit.books import BudgetAudit, OpenAudit, check_frontier, check_head, check_pause
from chimera.treasury.audit.effects import Effects
from chimera.treasury.audit.exported import ExportAudit
from chimera.treasury.audit.problems import ProblemCode, Problems
from chimera.treasury.audit.rows import CheckedRow, RowAudit
from chimera.treasury.audit.tree import TreeAudit
from chimera.treasury.log.checkpoint import origin_of, read_checkpoint_of_any
from chimera.treasury.log.tiles import LogFolder

_PAGE_ROWS = 1000
_CHECKPOINTS_BEYOND_MAX = 1
_BEFORE_EVERY_LINE = -(2**31)


@dataclass(frozen=True, slots=True)
class LogEvidence:
    """What the log's side of a verification trusts: its key, the exported folder, a checkpoint kept elsewhere."""

    public_key: VerifyKey
    folder: LogFolder | None = None
    promised_note: str | None = None


async def verify_ledger(
    connection: Connection, trusted: Collection[VerifyKey], checked_at: datetime, log: LogEvidence | None = None
) -> VerificationReport:
    """Check every row, the tree, and every table that follows from them, against the signed documents; changes nothing.

    `connection` must be in a fresh transaction. Only signatures under the `trusted` keys count: the ledger's own list
    of keys lies beside the rows and proves nothing by itself. Without `log` the checkpoints' signatures are not
    checked, only their roots. Rows are read 1,000 at a time.

    Raises:
        InvalidSignature: the promised checkpoint is not signed by the log's key.
    """
    await ledger.read_one_snapshot(connection)
    registered = await ledger_key.all_keys(connection)
    problems = Problems()
    head = await ledger.head(connection)
    log_key = NoteKey(origin_of(head.ledger_id), log.public_key) if log and head else None
    promised = read_checkpoint_of_any(log.promised_note, log.public_key) if log and log.promised_note else None
    tree = TreeAudit(problems, log_key, promised)
    exported = (
        ExportAudit(problems, log.folder, log.public_key, log_key.name) if log and log.folder and log_key else None
    )
    audit = _Walk(problems, RowAudit(problems, trusted, registered), Effects(), tree, exported)
    await audit.take_rows(connection)
    check_head(problems, head, audit.rows, await ledger.count(connection))
    check_frontier(problems, head, tree.frontier)
    check_pause(problems, head, audit.effects)
    budgets = await _check_tables(connection, problems, audit.effects)
    return VerificationReport(
        ok=not problems.count,
        first_bad_seq=problems.first_bad_seq,
        entries=audit.rows.count,
        approved=audit.effects.approved,
        approved_usd=Decimal(cents_text(audit.effects.approved_cents)),
        budget_lines=budgets.count,
        checkpoints=tree.checkpoints,
        exported=exported.size if exported else None,
        root=tree.frontier.root().hex(),
        last_tx=_uuid(audit.rows.last_tx),
        key_ids=tuple(sorted({key.key_id for key in registered} & {key_id_of(key) for key in trusted})),
        checked_at=checked_at,
        problems_found=problems.count,
        problems=tuple(problems.shown),
    )


@dataclass(frozen=True, slots=True)
class _Walk:
    """One pass over the rows: every check that goes row by row."""

    problems: Problems
    rows: RowAudit
    effects: Effects
    tree: TreeAudit
    exported: ExportAudit | None

    async def take_rows(self, connection: Connection) -> None:
        async for page in stored_rows(connection):
            leaves = []
            for row in page:
                leaf, checked = self.rows.take(row)
                leaves.append(leaf)
                if checked:
                    self._take_effect(checked)
            passed = self.tree.frontier.size
            stored = await ledger_checkpoint.between(connection, passed, passed + len(leaves), len(leaves))
            self.tree.take([leaf.hash for leaf in leaves], stored)
            if self.exported:
                self.exported.take(leaves)
        passed = self.tree.frontier.size
        self.tree.finish(await ledger_checkpoint.between(connection, passed, None, _CHECKPOINTS_BEYOND_MAX))
        if self.exported:
            self.exported.finish()
        self.tree.blame(self.exported.first_difference if self.exported else None)

    def _take_effect(self, row: CheckedRow) -> None:
        try:
            wrong = self.effects.take(row)
        except (KeyError, TypeError, ValueError) as error:
            wrong = f"can't be booked: {error!r}"
        if wrong:
            self.problems.found(ProblemCode.PARENT, f"row {row.seq} {wrong}", row.seq)


async def _check_tables(connection: Connection, problems: Problems, effects: Effects) -> BudgetAudit:
    budgets = BudgetAudit(problems, effects)
    after_id = _BEFORE_EVERY_LINE
    while lines := await budget_tracking.page(connection, after_id, _PAGE_ROWS):
        for line in lines:
            budgets.take(line)
        after_id = lines[-1].id
    budgets.finish()
    holds = OpenAudit(problems, ProblemCode.HOLD, "hold", effects.open_holds)
    async for tx_id in _all(connection, open_spending.hold_page):
        holds.take(tx_id)
    holds.finish()
    escalations = OpenAudit(problems, ProblemCode.ESCALATION, "escalation", effects.waiting)
    async for tx_id in _all(connection, open_spending.escalation_page):
        escalations.take(tx_id)
    escalations.finish()
    return budgets


_Page = Callable[[Connection, UUID | None, int], Awaitable[list[UUID]]]


async def _all(connection: Connection, page: _Page) -> AsyncIterator[UUID]:
    after = None
    while found := await page(connection, after, _PAGE_ROWS):
        for tx_id in found:
            yield tx_id
        after = found[-1]


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
