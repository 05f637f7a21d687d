"""What the signed rows did to the budget: recomputed row by row in whole cents (docs/treasury.md, "Row kinds").

Approvals that may still be settled and escalations that wait are kept until they are closed, a few hundred bytes each.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from chimera.core.errors import Detail
from chimera.core.vocabulary import BudgetPeriod, Decision, RequestType
from chimera.treasury.amounts import cents_of_micros, micros_of
from chimera.treasury.audit.rows import CheckedRow
from chimera.treasury.charges import charged_categories
from chimera.treasury.columns import text_of
from chimera.treasury.periods import bounds

_DATE_CHARACTERS = 10
_CLOSURES = frozenset({"settle", "void", "expire"})


class Anchor(NamedTuple):
    """What later rows need of an approval or an escalation: in its periods they take effect."""

    request_id: str
    request_type: str
    day: str
    micros: int
    is_hold: bool


@dataclass(slots=True)
class LineSum:
    """What a budget line should tell, in cents."""

    spent: int = 0
    held: int = 0
    debt: int = 0


LineKey = tuple[str, str, datetime]
"""Period, category, start."""


class Effects:
    """Takes checked rows in order; `take` answers what is wrong with a row's parent or amount, if anything is."""

    def __init__(self) -> None:
        self.approved = 0
        self.approved_cents = 0
        self.paused_by: str | None = None
        self._open: dict[str, Anchor] = {}
        self._waiting: dict[str, Anchor] = {}
        self._full_settlement: tuple[str, Anchor] | None = None
        self._days: defaultdict[tuple[str, str], LineSum] = defaultdict(LineSum)
        self._overruns: defaultdict[LineKey, LineSum] = defaultdict(LineSum)

    @property
    def open_holds(self) -> frozenset[str]:
        """The transactions of the holds that nothing has closed."""
        return frozenset(tx_id for tx_id, anchor in self._open.items() if anchor.is_hold)

    @property
    def waiting(self) -> frozenset[str]:
        """The transactions of the escalations nobody has answered."""
        return frozenset(self._waiting)

    def take(self, row: CheckedRow) -> str | None:
        """Add the row's effect."""
        settled, self._full_settlement = self._full_settlement, None
        kind = row.columns.kind
        if kind == "decision":
            return self._decided(row)
        if kind == "human":
            return self._answered(row)
        if kind in _CLOSURES:
            return self._closed(row)
        if kind == "overrun":
            return self._overran(row, settled)
        return self._switched(row)

    def lines(self) -> Iterator[tuple[LineKey, LineSum]]:
        """Every budget line that has a sum."""
        sums: defaultdict[LineKey, LineSum] = defaultdict(LineSum)
        for (day, request_type), of_day in self._days.items():
            for key in _lines(day, request_type):
                _add(sums[key], of_day)
        for key, overrun in self._overruns.items():
            _add(sums[key], overrun)
        return iter(sums.items())

    def _decided(self, row: CheckedRow) -> str | None:
        if row.columns.decision == Decision.ESCALATED:
            self._waiting[row.columns.tx_id] = _anchor(row)
        elif row.columns.approved:
            self._approve(row)
            if self.paused_by is not None:
                return f"was approved although spending was paused by {self.paused_by}"
        return None

    def _answered(self, row: CheckedRow) -> str | None:
        columns = row.columns
        asked = self._waiting.pop(str(columns.parent_tx), None)
        if columns.approved:
            self._approve(row)
        if asked is None:
            return f"answers {columns.parent_tx}, which is no escalation that waits"
        if not _is_same_request(row, asked):
            return f"is of another request than the escalation {columns.parent_tx}"
        if columns.approved and columns.amount_micros > asked.micros:
            return "approves more than was asked for"
        return None

    def _approve(self, row: CheckedRow) -> None:
        anchor = _anchor(row)
        cents = cents_of_micros(anchor.micros)
        self._open[row.columns.tx_id] = anchor
        self.approved += 1
        self.approved_cents += cents
        self._charge(anchor, cents, cents)

    def _closed(self, row: CheckedRow) -> str | None:
        columns = row.columns
        anchor = self._open.pop(str(columns.parent_tx), None)
        if anchor is None:
            return f"closes {columns.parent_tx}, which is no open approval"
        settles = columns.kind == "settle"
        remains = cents_of_micros(columns.amount_micros) if settles else 0
        self._charge(anchor, remains - cents_of_micros(anchor.micros), -cents_of_micros(anchor.micros))
        if not _is_same_request(row, anchor):
            return f"is of another request than the approval {columns.parent_tx}"
        if columns.kind == "expire" and not anchor.is_hold:
            return "expires an approval that was no hold"
        if not settles:
            return None if columns.amount_micros == anchor.micros else "releases another amount than was approved"
        if micros_of(text_of(row.fields, "approved_amount")) != anchor.micros:
            return "tells another approved amount than its approval"
        if columns.amount_micros == anchor.micros:
            self._full_settlement = str(columns.parent_tx), anchor
        return None if columns.amount_micros <= anchor.micros else "settles more than was approved"

    def _overran(self, row: CheckedRow, settled: tuple[str, Anchor] | None) -> str | None:
        if settled is None or settled[0] != row.columns.parent_tx:
            return f"does not directly follow a settlement of {row.columns.parent_tx} at its full amount"
        anchor, excess = settled[1], cents_of_micros(row.columns.amount_micros)
        wrong = None if _is_same_request(row, anchor) else f"is of another request than {row.columns.parent_tx}"
        for key in _lines(anchor.day, anchor.request_type):
            booked = cents_of_micros(micros_of(_booked(row.fields, key)))
            if booked > excess:
                wrong = f"books more than its excess on the {key[0]} {key[1]} budget"
            _add(self._overruns[key], LineSum(spent=booked, debt=excess - booked))
        return wrong

    def _switched(self, row: CheckedRow) -> str | None:
        if row.columns.kind not in {"pause", "resume"}:
            return f"is of the kind {row.columns.kind}, which there is not"
        self.paused_by = row.columns.tx_id if row.columns.kind == "pause" else None
        return None

    def _charge(self, anchor: Anchor, spent: int, held: int) -> None:
        line = self._days[anchor.day, anchor.request_type]
        line.spent += spent
        if anchor.is_hold:
            line.held += held


def _anchor(row: CheckedRow) -> Anchor:
    columns = row.columns
    return Anchor(
        columns.request_id,
        columns.request_type,
        columns.created_at[:_DATE_CHARACTERS],
        columns.amount_micros,
        "hold_expires_at" in row.fields,
    )


def _is_same_request(row: CheckedRow, anchor: Anchor) -> bool:
    return (row.columns.request_id, row.columns.request_type) == (anchor.request_id, anchor.request_type)


def _lines(day: str, request_type: str) -> Iterator[LineKey]:
    """The lines a request of that day is charged to."""
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    for period in BudgetPeriod:
        for category in charged_categories(RequestType(request_type)):
            yield period.value, category.value, bounds(period, at).start


def _booked(fields: Mapping[str, Detail], key: LineKey) -> str:
    periods = fields["booked"]
    of_period = periods[key[0]] if isinstance(periods, dict) else None
    if not isinstance(of_period, dict):
        raise ValueError("booked is of another form")
    return str(of_period[key[1]])


def _add(line: LineSum, more: LineSum) -> None:
    line.spent += more.spent
    line.held += more.held
    line.debt += more.debt
