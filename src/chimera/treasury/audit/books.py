"""The tables beside the ledger: head, budget lines, open holds and escalations tell what the signed rows add up to."""

from datetime import UTC, datetime
from uuid import UUID

from chimera.core.vocabulary import BudgetPeriod
from chimera.storage.records.budget_tracking import BudgetRecord
from chimera.storage.records.ledger import LedgerHead
from chimera.treasury.amounts import cents_text
from chimera.treasury.audit.effects import Effects, LineSum
from chimera.treasury.audit.problems import ProblemCode, Problems
from chimera.treasury.audit.rows import RowAudit
from chimera.treasury.log.merkle import Frontier
from chimera.treasury.periods import bounds

_CENTS = 100


def check_head(problems: Problems, head: LedgerHead | None, rows: RowAudit, rows_stored: int) -> None:
    """The head must tell the last row, its time, and how many there are."""
    if head is None:
        problems.found(ProblemCode.HEAD, f"the head is gone, the ledger ends with row {rows.last_seq}")
    else:
        if head.size > rows.last_seq:
            message = f"the head tells {head.size} rows, the ledger ends with row {rows.last_seq}: rows were cut off"
            problems.found(ProblemCode.HEAD, message, rows.last_seq + 1)
        elif head.size < rows.last_seq:
            message = f"the head tells {head.size} rows, the ledger ends with row {rows.last_seq}"
            problems.found(ProblemCode.HEAD, message, head.size + 1)
        elif _text(head.last_tx) != rows.last_tx:
            problems.found(ProblemCode.HEAD, f"the head ends with {head.last_tx}, the ledger with {rows.last_tx}")
        told = None if head.last_time is None else _moment(head.last_time)
        if told not in {rows.last_time, rows.latest_time}:
            problems.found(ProblemCode.HEAD, f"the head's last time is {told}, the last row's {rows.last_time}")
    if rows_stored != rows.count:
        message = f"{rows_stored} rows are stored, {rows.count} have a seq"
        problems.found(ProblemCode.SEQUENCE, message)


def check_frontier(problems: Problems, head: LedgerHead | None, tree: Frontier) -> None:
    """The head's frontier must be that of the leaves."""
    if head is not None and head.frontier != tree.to_bytes():
        problems.found(ProblemCode.TREE, f"the head's frontier is not that of the {tree.size} leaves of the ledger")


def check_pause(problems: Problems, head: LedgerHead | None, effects: Effects) -> None:
    """Spending is paused if the last row that switches it pauses it."""
    if head is not None and _text(head.paused_by) != effects.paused_by:
        message = f"the head says paused by {head.paused_by}, the ledger {effects.paused_by}"
        problems.found(ProblemCode.PAUSE, message)


class BudgetAudit:
    """Takes every budget line, once every row is taken."""

    def __init__(self, problems: Problems, effects: Effects) -> None:
        self._problems = problems
        self._sums = dict(effects.lines())
        self._debts: dict[tuple[str, str], int] = {}
        for (period, category, _), line in self._sums.items():
            self._debts[period, category] = self._debts.get((period, category), 0) + line.debt
        self.count = 0

    def take(self, line: BudgetRecord) -> None:
        """Check the line's sums, its limit and its bounds."""
        self.count += 1
        name = f"the {line.period} {line.category} budget from {line.period_start:%Y-%m-%d}"
        told = self._sums.pop((line.period, line.category, line.period_start), LineSum())
        for word, stored, cents in (
            ("spent", line.spent_amount, told.spent),
            ("held", line.held_amount, told.held),
            ("in debt", line.debt_amount, told.debt),
        ):
            if stored * _CENTS != cents:
                self._found(f"{name} tells {stored} {word}, the ledger {cents_text(cents)}")
        if line.spent_amount > line.limit_amount:
            self._found(f"{name} is overspent: its limit is {line.limit_amount}")
        if line.carried_amount * _CENTS > self._debts.get((line.period, line.category), 0):
            self._found(f"{name} carries {line.carried_amount}, more than there ever was debt")
        if not _has_true_bounds(line):
            self._found(f"{name} does not begin and end as its period does")

    def finish(self) -> None:
        """Name the sums no budget line accounts for."""
        for (period, category, start), line in self._sums.items():
            if line != LineSum():
                spent = cents_text(line.spent)
                self._found(f"no {period} {category} budget from {start:%Y-%m-%d} holds {spent}")

    def _found(self, message: str) -> None:
        self._problems.found(ProblemCode.BUDGET, message)


class OpenAudit:
    """Takes what a table says is open, and compares it with what the ledger left open."""

    def __init__(self, problems: Problems, code: ProblemCode, name: str, expected: frozenset[str]) -> None:
        self._problems = problems
        self._code = code
        self._name = name
        self._expected = set(expected)

    def take(self, tx_id: UUID) -> None:
        """One row of the table."""
        if str(tx_id) in self._expected:
            self._expected.remove(str(tx_id))
        else:
            self._problems.found(self._code, f"{tx_id} stands as an open {self._name}, the ledger knows none such")

    def finish(self) -> None:
        """Name what the ledger left open and the table has lost."""
        for tx_id in sorted(self._expected):
            self._problems.found(self._code, f"the open {self._name} {tx_id} of the ledger is missing from its table")


def _text(identifier: UUID | None) -> str | None:
    return None if identifier is None else str(identifier)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _has_true_bounds(line: BudgetRecord) -> bool:
    try:
        true = bounds(BudgetPeriod(line.period), line.period_start)
    except ValueError:
        return False
    return (true.start, true.end) == (line.period_start, line.period_end)
