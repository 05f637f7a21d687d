"""What the treasury's documentation says about money, once more and in its simplest form: the model of its tests.

Dictionaries and whole cents; nothing of `chimera.treasury` is used, so that both can't be wrong in the same way.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

CATEGORIES = ("api_call", "compute", "storage", "total")
PERIODS = ("daily", "weekly", "monthly")
HURDLE = 150
LARGEST = 10_000 * 1_000_000
PATIENCE = timedelta(hours=1)

Key = tuple[str, str, datetime]


@dataclass
class ModelLine:
    limit: int
    spent: int = 0
    held: int = 0
    debt: int = 0
    carried: int = 0


@dataclass
class Approved:
    """An approval that counts: of which lines, how much, until when it is held; `closed` names how it ended."""

    request_id: UUID
    request_type: str
    micros: int
    anchor: datetime
    held_until: datetime | None
    submitted: bool = False
    closed: tuple[str, int] | None = None


@dataclass
class Waiting:
    request_id: UUID
    request_type: str
    micros: int
    expires_at: datetime
    hold: timedelta | None
    answer: tuple[bool, int] | None = None
    expired: bool = False


def cents(micros: int) -> int:
    return (micros + 9_999) // 10_000


def start_of(period: str, at: datetime) -> datetime:
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "weekly":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "monthly" else day


@dataclass
class Model:
    wanted: dict[tuple[str, str], int]
    lines: dict[Key, ModelLine] = field(default_factory=dict)
    approved: dict[UUID, Approved] = field(default_factory=dict)
    waiting: dict[UUID, Waiting] = field(default_factory=dict)
    paused: bool = False
    last_time: datetime | None = None
    rows: int = 0

    def open(self, now: datetime) -> datetime:
        """What each job does first; answers the moment of its rows."""
        back = self.last_time is not None and now < self.last_time <= now + PATIENCE
        at = self.last_time if back and self.last_time else now
        for period in PERIODS:
            for category in CATEGORIES:
                key = (period, category, start_of(period, at))
                if key not in self.lines:
                    self.lines[key] = ModelLine(0, carried=self._carried(key))
                self._limit(key)
        return at

    def set_line_limits(self, period: str, category: str, now: datetime) -> None:
        """A limit by a person reaches the line of the running period at once, and any later one."""
        for key in self.lines:
            if key[:2] == (period, category) and key[2] >= start_of(period, now):
                self._limit(key)

    def _limit(self, key: Key) -> None:
        line = self.lines[key]
        line.limit = max(self.wanted[key[0], key[1]], line.spent)

    def _carried(self, key: Key) -> int:
        earlier = [found for found in self.lines if found[:2] == key[:2] and found[2] < key[2]]
        if not earlier:
            return 0
        line = self.lines[max(earlier, key=lambda found: found[2])]
        return max(0, line.debt + line.carried - (line.limit - line.spent))

    def charged(self, request_type: str, at: datetime) -> list[ModelLine]:
        names = ["total"] if request_type == "blockchain" else [request_type, "total"]
        return [self.lines[period, name, start_of(period, at)] for period in PERIODS for name in names]

    def left(self, key: Key) -> int:
        line = self.lines[key]
        return max(0, self.wanted[key[0], key[1]] - line.spent - line.debt - line.carried)

    def room(self, request_type: str, at: datetime) -> int:
        names = ["total"] if request_type == "blockchain" else [request_type, "total"]
        return min(self.left((period, name, start_of(period, at))) for period in PERIODS for name in names)

    def enter(self, at: datetime, rows: int = 1) -> None:
        self.last_time = at
        self.rows += rows

    def expected(self, request_type: str, micros: int, roi: int, at: datetime) -> str | None:
        """The code of the refusal; None where only the risk decides."""
        if micros > LARGEST:
            return "TRANSACTION_TOO_LARGE"
        if self.paused:
            return "SPEND_PAUSED"
        if cents(micros) > self.room(request_type, at):
            return "BUDGET_EXCEEDED"
        return "ROI_TOO_LOW" if roi < HURDLE else None

    def approve(self, approval: Approved) -> None:
        amount = cents(approval.micros)
        for line in self.charged(approval.request_type, approval.anchor):
            line.spent += amount
            line.held += amount if approval.held_until else 0
        self.approved[approval.request_id] = approval

    def close(self, approval: Approved, how: str, micros: int) -> bool:
        """Settle, void or expire; whether spending is paused by it."""
        amount, actual = cents(approval.micros), cents(min(micros, approval.micros))
        lines = self.charged(approval.request_type, approval.anchor)
        for line in lines:
            line.spent += (actual if how == "settle" else 0) - amount
            line.held -= amount if approval.held_until else 0
        approval.closed = (how, micros)
        excess = cents(max(0, micros - approval.micros)) if how == "settle" else 0
        for line in lines if excess else ():
            taken = max(0, min(excess, line.limit - line.spent))
            line.spent += taken
            line.debt += excess - taken
        pauses = bool(excess) and not self.paused and any(line.debt for line in lines)
        self.paused = self.paused or pauses
        self.rows += bool(excess) + pauses
        return pauses

    def expirable(self, now: datetime) -> list[Approved]:
        return [
            one
            for one in self.approved.values()
            if one.held_until and one.held_until <= now and not one.submitted and not one.closed
        ]

    def lapsable(self, now: datetime) -> list[Waiting]:
        return [one for one in self.waiting.values() if one.answer is None and one.expires_at <= now]
