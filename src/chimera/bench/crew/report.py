"""The benchmark's one document: machine, parameters, every measure of every round, and the goals."""

import statistics
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from chimera.bench.crew.found import Found, Skipped
from chimera.bench.crew.spread import to_digits
from chimera.bench.treasury.report import Goal, Machine, at_least, at_most
from chimera.contracts.contract import Contract, Moment


class Measure(Contract):
    """One figure of every round; `how` says what was done, with whose set-up."""

    name: str
    unit: str
    how: str
    rounds: tuple[float, ...]
    minimum: float
    median: float
    maximum: float


class NotMeasured(Contract):
    """A line that could not be measured here, and why."""

    name: str
    reason: str


class Parameters(Contract):
    """How much was done."""

    rounds: int
    sections: tuple[str, ...]
    hints: int
    tasks: int
    latency_seconds: float
    backlog: int
    agents: tuple[int, ...]
    workflows: int
    pieces: int
    soak_minutes: float


class CrewBench(Contract):
    """Everything a run of `chimera bench crew` found. `load_average_1m` is from when each section began."""

    begun_at: Moment
    seconds: float
    machine: Machine
    redis: str
    load_average_1m: dict[str, float]
    parameters: Parameters
    measures: tuple[Measure, ...]
    not_measured: tuple[NotMeasured, ...]
    goals: tuple[Goal, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A goal: the median of a section's measure is held against it, or with `worst` the worst round."""

    section: str
    measure: str
    at_least: float | None = None
    at_most: float | None = None
    worst: bool = False


GOALS = (
    Wanted("agents", "memory_mb_10000_agents", at_most=100.0),
    Wanted("agents", "memory_mb_100000_agents", at_most=300.0),
    Wanted("agents", "sweep_seconds_10000_agents", at_most=1.0),
    Wanted("soak", "expired_state_keys", at_most=0.0, worst=True),
    Wanted("hints", "hints_per_second", at_least=20_000.0),
    Wanted("rows", "tasks_per_second", at_least=5_000.0),
    Wanted("rows", "tasks_over_bare_claim", at_least=0.5),
    Wanted("rows", "tasks_over_pgqueuer", at_least=2.0),
    Wanted("latency", "dispatch_p95_ms", at_most=25.0),
    Wanted("backlog", "high_behind_low_extra_ms", at_most=50.0),
    Wanted("queue", "queue_tasks_seconds", at_most=20.0),
    Wanted("queue", "queue_tasks_errors", at_most=0.0, worst=True),
    Wanted("workflows", "workflows_per_second", at_least=50.0),
    Wanted("pieces", "pieces_per_hour", at_least=500 / 24),
)


def measures(found: Iterable[Found]) -> tuple[Measure, ...]:
    """Every figure with its rounds, in the order in which it was first found."""
    by_name: dict[str, list[Found]] = {}
    for one in found:
        by_name.setdefault(one.name, []).append(one)
    return tuple(_measure(rounds) for rounds in by_name.values())


def not_measured(skipped: Iterable[Skipped]) -> tuple[NotMeasured, ...]:
    """Each line once."""
    return tuple(
        NotMeasured(name=name, reason=reason) for name, reason in {one.name: one.reason for one in skipped}.items()
    )


def goals(
    found: Sequence[Measure], sections: AbstractSet[str], all_wanted: Sequence[Wanted] = GOALS
) -> tuple[Goal, ...]:
    """The goals of the sections that ran; one that could not be measured is missed."""
    by_name = {measure.name: measure for measure in found}
    return tuple(_goal(wanted, by_name.get(wanted.measure)) for wanted in all_wanted if wanted.section in sections)


def _measure(rounds: Sequence[Found]) -> Measure:
    values = tuple(to_digits(one.value) for one in rounds)
    return Measure(
        name=rounds[0].name,
        unit=rounds[0].unit,
        how=rounds[0].how,
        rounds=values,
        minimum=min(values),
        median=to_digits(statistics.median(values)),
        maximum=max(values),
    )


def _goal(wanted: Wanted, measure: Measure | None) -> Goal:
    if wanted.at_least is not None:
        actual = None if measure is None else measure.minimum if wanted.worst else measure.median
        return at_least(wanted.measure, actual, round(wanted.at_least, 1))
    actual = None if measure is None else measure.maximum if wanted.worst else measure.median
    return at_most(wanted.measure, actual, wanted.at_most or 0.0)
