"""What `/metrics` answers: this process's own figures, and those of the whole studio where it is asked to tell them.

The studio's are read from the database at most every few seconds; without it the process's own are still told.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping

import structlog

from chimera.core.clock import Clock
from chimera.core.vocabulary import Priority, Role
from chimera.storage.database import Database
from chimera.storage.records import studio_figures
from chimera.storage.records.studio_figures import BudgetFigure, Counts
from chimera.telemetry.family import Family, Kind, Sample, exposition
from chimera.telemetry.metrics import process_families

KEPT_SECONDS = 5.0
READ_SECONDS_MAX = 4.0
"""Well under the ten seconds that Prometheus waits for a scrape."""

_log = structlog.get_logger(__name__)

Families = Callable[[], Awaitable[tuple[Family, ...]]]


async def process_page() -> str:
    """What a process tells of itself."""
    return exposition(process_families())


def studio_page(studio: Families) -> Callable[[], Awaitable[str]]:
    """What a process tells that speaks for the whole studio."""

    async def page() -> str:
        return exposition((*process_families(), *await studio()))

    return page


class StudioFamilies:
    """The studio's figures, read again when they are older than five seconds, by one reader at a time."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._reading: asyncio.Task[tuple[Family, ...]] | None = None
        self._begun_at = 0.0
        self._ledger_seq = 0
        self._ledger_rows: Counter[bool] = Counter()

    async def __call__(self) -> tuple[Family, ...]:
        reading, now = self._reading, self._clock.monotonic()
        if reading is None or (reading.done() and now - self._begun_at >= KEPT_SECONDS):
            reading = self._reading = asyncio.create_task(self._read(), name="studio figures")
            self._begun_at = now
        await asyncio.wait({reading}, timeout=READ_SECONDS_MAX)
        return reading.result() if reading.done() and not reading.cancelled() else _NO_FIGURES

    async def _read(self) -> tuple[Family, ...]:
        try:
            return (_value("chimera_database_up", _DATABASE_UP, 1), *await self._figures())
        except Exception as error:  # noqa: BLE001 - a scrape is answered whatever the database does
            _log.warning("studio_figures_not_read", problem=f"{type(error).__name__}: {error}")
            return _NO_FIGURES

    async def _figures(self) -> tuple[Family, ...]:
        at = self._clock.now()
        async with self._database.transaction() as connection:
            await studio_figures.bounded(connection)
            budgets = await studio_figures.budgets(connection, at)
            counts = await studio_figures.counts(connection, at)
            queued = await studio_figures.queued(connection)
            hosted = await studio_figures.hosted(connection)
            last, rows = await studio_figures.ledger_rows(connection, self._ledger_seq)
        self._ledger_seq = last
        self._ledger_rows.update(rows)
        return _studio_families(budgets, counts, queued, hosted, self._ledger_rows)


def studio_names() -> frozenset[str]:
    """The name of every family that the studio tells."""
    nothing = Counts(0, 0.0, 0, 0, 0, 0, 0, halted=False, spending_paused=False)
    return frozenset(family.name for family in (*_NO_FIGURES, *_studio_families((), nothing, {}, {}, {})))


def _studio_families(
    budgets: Iterable[BudgetFigure],
    counts: Counts,
    queued: Mapping[tuple[Role, Priority], int],
    hosted: Mapping[Role, int],
    ledger_rows: Mapping[bool, int],
) -> tuple[Family, ...]:
    return (
        *_budget_families(budgets),
        *_count_families(counts),
        _ledger_family(ledger_rows),
        _family("chimera_tasks_queued", "gauge", "Tasks that wait.", ("role", "priority"), queued.items()),
        _family("chimera_agents", "gauge", "Agents hosted by any process.", ("role",), _keyed(hosted)),
    )


_DATABASE_UP = "Whether the studio's figures could be read from the database (1) or not (0)."


def _ledger_family(rows: Mapping[bool, int]) -> Family:
    told = [((word,), rows.get(approved, 0)) for word, approved in (("true", True), ("false", False))]
    return _family("ledger_transactions_total", "counter", "Rows of the ledger.", ("approved",), told)


def _budget_families(lines: Iterable[BudgetFigure]) -> tuple[Family, ...]:
    kept = {(line.period, line.category): line for line in lines}

    def of(name: str, kind: Kind, told: str, value: Callable[[BudgetFigure], float]) -> Family:
        values = [(key, value(line)) for key, line in kept.items()]
        return _family(name, kind, told, ("period", "category"), values)

    spent = "US dollars spent in the period under way, without what is only held; starts anew with each period."
    return (
        of("budget_spent_total", "counter", spent, lambda line: line.spent_usd),
        of("chimera_budget_held_usd", "gauge", "Approved and not yet settled.", lambda line: line.held_usd),
        of("chimera_budget_limit_usd", "gauge", "The limit of the period under way.", lambda line: line.limit_usd),
        of("chimera_budget_remaining_usd", "gauge", "What may still be approved.", lambda line: line.remaining_usd),
    )


def _count_families(counts: Counts) -> tuple[Family, ...]:
    return (
        _value("chimera_holds_open", "Approvals that wait to be settled.", counts.holds_open),
        _value("chimera_holds_open_usd", "What they hold together.", counts.holds_open_usd),
        _value(
            "chimera_escalations_waiting", "Requests for money that a person must decide.", counts.escalations_waiting
        ),
        _value("chimera_reviews_waiting", "Pieces and trends that a person must decide.", counts.reviews_waiting),
        _value("chimera_dead_letters", "Tasks and hints that were given up.", counts.dead_letters),
        _value("chimera_tasks_running", "Tasks being worked on.", counts.tasks_running),
        _value("chimera_hosts_alive", "Processes that work on pieces.", counts.hosts_alive),
        _value("chimera_studio_halted", "Whether a person has halted the studio.", counts.halted),
        _value("chimera_spending_paused", "Whether a person has paused all spending.", counts.spending_paused),
    )


def _value(name: str, told: str, value: float) -> Family:
    return _family(name, "gauge", told, (), [((), value)])


def _keyed(values: Mapping[Role, int]) -> list[tuple[tuple[str], int]]:
    return [((key,), value) for key, value in values.items()]


def _family(
    name: str, kind: Kind, told: str, labels: tuple[str, ...], values: Iterable[tuple[tuple[str, ...], float]]
) -> Family:
    samples = (Sample(tuple(zip(labels, map(str, key), strict=True)), value) for key, value in sorted(values))
    return Family(name, kind, told, tuple(samples))


_NO_FIGURES = (_value("chimera_database_up", _DATABASE_UP, 0),)
