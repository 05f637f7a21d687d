"""Opens the books under the head's lock: the current lines at the limits wished for, and the right to sign."""

from datetime import datetime
from decimal import Decimal

from chimera.core.errors import Forbidden
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod
from chimera.storage.database import WriterConnection
from chimera.storage.records import batch as statements
from chimera.storage.records import line_batch
from chimera.storage.records.budget_change import limits_set
from chimera.storage.records.ledger import LedgerHead
from chimera.storage.records.line_batch import WantedLine
from chimera.treasury.amounts import cents_of_usd
from chimera.treasury.lines import Lines
from chimera.treasury.periods import current_periods
from chimera.treasury.writing.books import Books, books_of
from chimera.treasury.writing.clerk import Clerk


class BookOpener:
    """Knows which limits bind: a person's as of the last opening, otherwise the settings'."""

    def __init__(self, clerk: Clerk) -> None:
        self._clerk = clerk
        self._by_people: dict[tuple[str, str], Decimal] = {}

    def open(self, connection: WriterConnection, head: LedgerHead, at: datetime) -> Books:
        """The books as the database has them, once the lines of the periods of `at` stand at their limits.

        Raises:
            Forbidden: this process does not hold the ledger's current key.
        """
        self._by_people = limits_set(connection)
        self._require_key(connection, head, at)
        wanted = [
            WantedLine(period.period, category, period.start, period.end, self._limit(period.period, category))
            for period in current_periods(at)
            for category in BudgetCategory
        ]
        starts = [(period.period.value, period.start) for period in current_periods(at)]
        rows = line_batch.lock_lines(connection, starts)
        found = {(row.period, row.category): row for row in rows}
        for line in wanted:
            row = found.get((line.period, line.category))
            if row is None or row.limit != max(cents_of_usd(line.limit_usd), row.spent):
                line_batch.open_lines(connection, wanted, at)
                rows = line_batch.lock_lines(connection, starts)
                break
        limits = {(str(line.period), str(line.category)): cents_of_usd(line.limit_usd) for line in wanted}
        return books_of(head, rows, limits)

    def is_as_wanted(self, lines: Lines) -> bool:
        """Whether every line stands at the limit wished for now, or at what is spent if that is more."""
        return all(
            line.limit == max(cents_of_usd(self._limit(line.period, line.category)), line.spent) for line in lines.all
        )

    def _require_key(self, connection: WriterConnection, head: LedgerHead, at: datetime) -> None:
        """Sign only under the ledger's current key; the first key of all, or after a retired one, registers itself."""
        own, current = self._clerk.key_id, statements.current_key_id(connection)
        if current == own:
            return
        if current is not None or statements.key_is_known(connection, own):
            raise Forbidden(
                f"the CFO's key here ({own}) is not the ledger's current one ({current or 'none: it was retired'}): "
                "put the right key into the home's keys folder or into CFO_PRIVATE_KEY, and after "
                "`chimera ledger rotate-key` start this process again",
                {"key_id": own, "current_key_id": current},
            )
        statements.insert_key(connection, own, bytes(self._clerk.public_key), head.size + 1, at)

    def _limit(self, period: str, category: str) -> Decimal:
        by_person = self._by_people.get((str(period), str(category)))
        return by_person or self._clerk.policy.limits(BudgetPeriod(period), BudgetCategory(category))
