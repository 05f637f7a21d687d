"""The benchmark's one document: machine, parameters, every measure of every round, and the goals."""

from chimera.bench.crew.report import Measure, NotMeasured, Wanted
from chimera.bench.treasury.report import Goal, Machine
from chimera.contracts.contract import Contract, Moment


class Parameters(Contract):
    """How much was done. A start is a round of its own."""

    rounds: int
    sections: tuple[str, ...]
    seconds: float
    connections: int
    trends: int
    content: int
    ledger: int
    reads: int
    posts: int
    starts: int


class ApiBench(Contract):
    """Everything a run of `chimera bench api` found. `load_average_1m` is from when each section began."""

    begun_at: Moment
    seconds: float
    machine: Machine
    load_average_1m: dict[str, float]
    parameters: Parameters
    measures: tuple[Measure, ...]
    not_measured: tuple[NotMeasured, ...]
    goals: tuple[Goal, ...]


GOALS = (
    Wanted("start", "start_seconds", at_most=2.0),
    Wanted("approve", "approvals_per_second", at_least=1_000.0),
    Wanted("approve", "approval_p95_ms", at_most=100.0),
    Wanted("approve", "approval_errors", at_most=0.0, worst=True),
    Wanted("approve", "ledger_problems", at_most=0.0, worst=True),
    Wanted("scout", "scout_p95_seconds", at_most=2.0),
    Wanted("reads", "read_worst_p95_ms", at_most=50.0),
)
