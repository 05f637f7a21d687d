"""The books as the writer has them in memory: the ledger's head, the current budget lines, what agents asked before.

They may run ahead of the database by the batches under way; under the head's lock the two are compared.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from chimera.storage.records.ledger import LedgerHead
from chimera.storage.records.line_batch import LineRow
from chimera.treasury.lines import Line, Lines
from chimera.treasury.log.merkle import Frontier

CLOCK_BACK_MAX = timedelta(hours=1)
"""A clock that went back less than this is waited for: the ledger's time stands still instead of running back."""


LineMark = tuple[int, int, int, int, int]


def ledger_time(last_time: datetime | None, now: datetime) -> datetime:
    """The clock's moment, unless it ran back a little behind the last row's."""
    if last_time is not None and now < last_time <= now + CLOCK_BACK_MAX:
        return last_time
    return now


@dataclass(slots=True)
class Books:
    """Rows 1 to `frontier.size` are entered; `last_tx` is the last one's id."""

    ledger_id: UUID
    frontier: Frontier
    last_tx: UUID | None
    last_time: datetime | None
    paused_by: UUID | None
    lines: Lines

    @property
    def size(self) -> int:
        return self.frontier.size

    def time(self, now: datetime) -> datetime:
        """The moment of the next rows."""
        return ledger_time(self.last_time, now)


@dataclass(frozen=True, slots=True)
class Mark:
    """What the database must still hold for a batch that was decided ahead to be good."""

    size: int
    last_tx: UUID | None
    paused_by: UUID | None
    lines: Mapping[int, LineMark]

    def holds(self, head: LedgerHead, lines: Sequence[LineRow]) -> bool:
        return (head.size, head.last_tx, head.paused_by) == (self.size, self.last_tx, self.paused_by) and {
            line.id: line_mark(line) for line in lines
        } == self.lines

    @property
    def line_ids(self) -> list[int]:
        return list(self.lines)


def books_of(head: LedgerHead, rows: Iterable[LineRow], wanted: Mapping[tuple[str, str], int]) -> Books:
    """The books as the database has them; `wanted` are the limits in force, by period and category.

    Raises:
        ValueError: the head's frontier does not fit its size.
    """
    frontier = Frontier.from_bytes(head.size, bytes(head.frontier))
    lines = Lines(Line.of(row, wanted[row.period, row.category]) for row in rows)
    return Books(head.ledger_id, frontier, head.last_tx, head.last_time, head.paused_by, lines)


def line_mark(line: Line | LineRow) -> LineMark:
    """A line's amounts, as far as a decision depends on them."""
    return line.limit, line.spent, line.held, line.debt, line.carried
