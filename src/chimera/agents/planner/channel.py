"""What the planner sees of a channel: the tasks ordered for each slot, their ends, and their money. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from chimera.contracts.objective import Objective
from chimera.core.vocabulary import TaskKind, TaskState

ENDED_BADLY = frozenset({TaskState.FAILED, TaskState.DEAD, TaskState.CANCELLED})
ENDED = ENDED_BADLY | {TaskState.DONE}


@dataclass(frozen=True, slots=True)
class OrderedTask:
    """One task of a slot's try. `usd` is what its piece holds and has settled, None before money was asked for."""

    id: UUID
    kind: TaskKind
    slot: datetime
    attempt: int
    state: TaskState
    created_at: datetime
    ended_at: datetime | None = None
    not_before: datetime | None = None
    code: str | None = None
    reason: str = ""
    trend_id: UUID | None = None
    usd: Decimal | None = None

    @property
    def is_held(self) -> bool:
        """Whether it found nothing to go on with but what a person must decide about first."""
        return self.state is TaskState.WAITING and self.code == "WAITS_FOR_HUMAN"

    @property
    def ended_badly(self) -> bool:
        return self.state in ENDED_BADLY or self.is_held


@dataclass(frozen=True, slots=True)
class Channel:
    """An objective as it stands. `first_at` is when it was first registered, `active_since` when it was last set
    going; `answered_at` is when a person last decided about a trend."""

    id: UUID
    version: int
    objective: Objective
    first_at: datetime
    active_since: datetime
    tasks: Sequence[OrderedTask] = ()
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one slot is: its tasks, those of its last try, and what ended that try badly."""

    tasks: tuple[OrderedTask, ...]
    last: tuple[OrderedTask, ...] = field(default=())

    @property
    def attempt(self) -> int:
        return self.last[0].attempt if self.last else 0

    @property
    def failure(self) -> OrderedTask | None:
        """The task that ended the last try; one that was only cancelled along with it does not count before it."""
        ended = [task for task in self.last if task.ended_badly]
        return min(ended, key=lambda task: task.state is TaskState.CANCELLED, default=None)

    @property
    def is_made(self) -> bool:
        return any(task.kind is TaskKind.CONTENT and task.state is TaskState.DONE for task in self.tasks)

    @property
    def is_open(self) -> bool:
        return bool(self.last) and not self.is_made and self.failure is None

    @property
    def scan(self) -> OrderedTask | None:
        """The newest scan that counts."""
        done = [task for task in self.tasks if task.kind is TaskKind.SCAN and task.state is TaskState.DONE]
        return max(done, key=lambda task: task.attempt, default=None)

    @property
    def tried_trends(self) -> tuple[UUID, ...]:
        return tuple(dict.fromkeys(task.trend_id for task in self.tasks if task.trend_id is not None))

    @property
    def widenings(self) -> int:
        """In how many tries nothing rose."""
        return len({task.attempt for task in self.tasks if task.code == "NO_TRENDS"})


def progress_of(tasks: Iterable[OrderedTask], slot: datetime) -> Progress:
    """The slot's tasks in the order of their tries."""
    own = tuple(sorted((task for task in tasks if task.slot == slot), key=lambda task: (task.attempt, str(task.id))))
    latest = max((task.attempt for task in own), default=0)
    return Progress(own, tuple(task for task in own if task.attempt == latest))


def set_aside(channel: Channel, now: datetime) -> Decimal:
    """What of today's budget is spoken for: today's pieces at what they hold or have cost, and each piece under way
    at least at what is set aside for one, unless its price is known. Days are UTC."""
    reserve = channel.objective.piece_budget_usd
    total = Decimal(0)
    for task in channel.tasks:
        if task.kind is not TaskKind.CONTENT:
            continue
        if task.state not in ENDED:
            total += task.usd or reserve
        elif is_today(task.created_at, now) and task.usd is not None:
            total += task.usd
    return total


def is_today(moment: datetime, now: datetime) -> bool:
    """Whether both lie on one UTC day; they are in UTC."""
    return moment.date() == now.date()


def next_day(now: datetime) -> datetime:
    """The next UTC midnight, when daily budgets begin anew."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
