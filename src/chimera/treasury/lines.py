"""Budget lines as a batch counts on them: whole cents, changed in memory while it is decided; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import NamedTuple

from chimera.core.vocabulary import BudgetCategory, BudgetPeriod, RequestType
from chimera.storage.records.line_batch import Change, LineRow

PERIODS = tuple(BudgetPeriod)
_CATEGORY_OF = {
    RequestType.API_CALL: BudgetCategory.API_CALL,
    RequestType.COMPUTE: BudgetCategory.COMPUTE,
    RequestType.STORAGE: BudgetCategory.STORAGE,
    RequestType.BLOCKCHAIN: BudgetCategory.TOTAL,
}
LineKey = tuple[str, str, datetime]
"""Period, category and the period's start."""
Amounts = tuple[int, int, int]
"""What of a line a batch changes: spent, held, debt."""


@dataclass(slots=True)
class Line(LineRow):
    """A row of `budget_tracking` as a batch counts on it; every amount in cents.

    `held` lies inside `spent`. `debt` was spent beyond the limit, `carried` is the debt of earlier periods: both lie
    beside `spent` and lower what is left. `limit` is never below `spent`; `wanted` may be, once it was lowered: what
    is given back then leaves nothing.
    """

    wanted: int

    @classmethod
    def of(cls, row: LineRow, wanted: int | None = None) -> "Line":
        amounts = {column.name: getattr(row, column.name) for column in fields(row)}
        return cls(**amounts, wanted=row.limit if wanted is None else wanted)

    @property
    def left(self) -> int:
        """What may still be approved; below zero where a debt is larger than the rest."""
        return self.wanted - self.used

    @property
    def used(self) -> int:
        """What lowers the rest."""
        return self.spent + self.debt + self.carried

    @property
    def key(self) -> LineKey:
        return self.period, self.category, self.period_start

    def amounts(self) -> Amounts:
        return self.spent, self.held, self.debt


class LineView(NamedTuple):
    """A line as people see it, in cents; `left` is never below zero."""

    period: str
    category: str
    limit: int
    spent: int
    left: int
    at: datetime

    @classmethod
    def of(cls, line: Line, at: datetime) -> "LineView":
        return cls(line.period, line.category, line.limit, line.spent, max(0, line.left), at)


@dataclass(frozen=True, slots=True)
class Charged:
    """The lines one request type is charged to: its category's and the total's, in day, week and month.

    For `blockchain`, which has no category, both are the total's.
    """

    pairs: tuple[tuple[Line, Line], ...]
    each: tuple[Line, ...]

    def left(self) -> tuple[int, int, int]:
        """For day, week and month the smaller rest of category and total, in cents, never below zero."""
        day, week, month = self.pairs
        return _rest(*day), _rest(*week), _rest(*month)

    def tightest(self) -> Line:
        """The line with the least left; among equals the shortest period, and its total before its category."""
        return min(self.each, key=lambda line: (line.left, PERIODS.index(BudgetPeriod(line.period)), _own(line)))

    def take(self, cents: int, held_cents: int) -> None:
        """Add to what is spent and held, in every line; negative amounts give back."""
        for line in self.each:
            line.spent += cents
            line.held += held_cents

    def overrun(self, cents: int) -> dict[str, dict[str, int]]:
        """Book money that is gone already: each line up to its limit, the rest as its debt; answers what each took."""
        booked: dict[str, dict[str, int]] = {}
        for line in self.each:
            taken = max(0, min(cents, line.limit - line.spent))
            line.spent += taken
            line.debt += cents - taken
            booked.setdefault(line.period, {})[line.category] = taken
        return booked


def _rest(category: Line, total: Line) -> int:
    """What both still hold, never below zero; spelled out, since every decision asks for it several times."""
    own = category.wanted - category.spent - category.debt - category.carried
    whole = total.wanted - total.spent - total.debt - total.carried
    return max(0, min(own, whole))


def _own(line: Line) -> bool:
    return line.category != BudgetCategory.TOTAL


class Lines:
    """The twelve lines of one day, week and month."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.all: tuple[Line, ...] = tuple(lines)
        found = {(line.period, line.category): line for line in self.all}
        self._charged = {
            request_type.value: _charged(found, category) for request_type, category in _CATEGORY_OF.items()
        }

    def charged(self, request_type: str) -> Charged:
        return self._charged[request_type]

    def covers(self, at: datetime) -> bool:
        """Whether `at` lies in the day, week and month of these lines."""
        return all(line.period_start <= at < line.period_end for line in self.all)


def _charged(found: Mapping[tuple[str, str], Line], category: BudgetCategory) -> Charged:
    pairs = tuple((found[period, category], found[period, BudgetCategory.TOTAL]) for period in PERIODS)
    each = {id(line): line for pair in pairs for line in pair}
    return Charged(pairs, tuple(each.values()))


def changes(before: Mapping[int, Amounts], lines: Iterable[Line]) -> list[Change]:
    """By how much the lines differ from the amounts they had; unchanged ones are left out."""
    found = []
    for line in lines:
        spent, held, debt = before[line.id]
        if (spent, held, debt) != (line.spent, line.held, line.debt):
            found.append(Change(line.id, line.spent - spent, line.held - held, line.debt - debt))
    return found
