"""The benchmark's one document: machine, parameters, figures, and the goals they are held against."""

from typing import Annotated, Literal

from pydantic import Field

from chimera.contracts.contract import Contract, Moment, Usd

Rate = Annotated[float, Field(ge=0)]


class Machine(Contract):
    """Where it ran. `load_average_1m` is of the minute before the run began and ended."""

    cpu: str
    cores: int
    memory_gb: float
    python: str
    postgresql: str
    postgresql_settings: dict[str, str]
    load_average_1m_before: float
    load_average_1m_after: float


class Parameters(Contract):
    """How much was done."""

    rounds: int
    rows_per_transaction: int
    rows_per_round: int
    agents: int
    row_bytes_mean: float
    limit_usd: Usd
    hold_seconds: int
    seed: int


class Round(Contract):
    """One A-B-B-A round: bare COPY, approvals with holds and without, bare COPY. R is approvals over the mean COPY."""

    bare_copy_rows_per_second: Rate
    bare_copy_again_rows_per_second: Rate
    approvals_per_second: Rate
    approvals_without_holds_per_second: Rate
    ratio: Rate
    ratio_without_holds: Rate


class Cpu(Contract):
    """Median CPU microseconds a row; `server` is None where the server is on another machine."""

    client_us: Rate
    server_us: Rate | None


class Ratios(Contract):
    """Over all rounds. `ratio_of_bests` is the fastest approvals over the fastest COPY: noise on either side flatters
    a round's own ratio, not this one.
    """

    rounds: tuple[Round, ...]
    ratio_best: Rate
    ratio_median: Rate
    ratio_of_bests: Rate
    ratio_without_holds_best: Rate
    ratio_without_holds_median: Rate
    approvals_per_second_best: Rate
    bare_copy_rows_per_second_best: Rate
    batch_rows_mean: float
    bare_copy_cpu: Cpu
    approval_cpu: Cpu
    approval_without_hold_cpu: Cpu


class Load(Contract):
    """Decisions under one load. In an open loop latency counts from the intended arrival."""

    kind: Literal["in_flight", "open_loop", "cfo_approve_one_by_one"]
    in_flight: int | None
    arrivals_per_second: int | None
    decisions: int
    decisions_per_second: Rate
    p50_ms: Rate
    p95_ms: Rate
    p99_ms: Rate
    approved_share: float


class Soundness(Contract):
    """What must be nothing, must be true, or must be equal."""

    approved_share: float
    overspend_usd: Usd
    spent_is_sum_of_rows: bool
    tight_cap_usd: Usd
    tight_cap_approved_usd: Usd
    tight_cap_refused: int
    tight_cap_overspend_usd: Usd
    repeated_requests: int
    repeated_answers_that_differ: int
    rows_verified: int
    problems_found: int


class Verification(Contract):
    """Rows a second of wall time, and a second of this process's CPU; medians of one row's proof."""

    rows_per_second: Rate
    rows_per_cpu_second: Rate
    proof_make_ms: Rate
    proof_check_ms: Rate


class Goal(Contract):
    """`actual` None: it could not be measured here, which does not count as met."""

    name: str
    actual: float | None
    at_least: float | None
    at_most: float | None
    met: bool


class TreasuryBench(Contract):
    """Everything a run of `chimera bench treasury` found."""

    begun_at: Moment
    seconds: float
    machine: Machine
    parameters: Parameters
    ratio: Ratios
    loads: tuple[Load, ...]
    soundness: Soundness
    verification: Verification
    goals: tuple[Goal, ...]


RATIO_MIN, RATIO_STRETCH = 0.55, 0.65
CPU_US_MAX = 65.0
PER_SECOND_256_MIN = 10_000.0
P95_MS_MAX = {"open_loop_100": 20.0, "in_flight_256": 60.0, "in_flight_1000": 300.0}
VERIFY_ROWS_MIN = 10_000.0
PROOF_MS_MAX = 5.0
APPROVED_SHARE_MIN = 0.9


def goals(ratio: Ratios, loads: tuple[Load, ...], sound: Soundness, verification: Verification) -> tuple[Goal, ...]:
    """Each goal with what was reached."""
    load_of = {f"{load.kind}_{load.in_flight or load.arrivals_per_second}": load for load in loads}
    cpu = ratio.approval_cpu
    total_us = None if cpu.server_us is None else round(cpu.client_us + cpu.server_us, 1)
    at_256 = load_of.get("in_flight_256")
    latencies = [
        at_most(f"p95_ms_{name}", load_of[name].p95_ms, limit) for name, limit in P95_MS_MAX.items() if name in load_of
    ]
    overspent = max(sound.overspend_usd, sound.tight_cap_overspend_usd)
    return (
        at_least("ratio_best", ratio.ratio_best, RATIO_MIN),
        at_least("ratio_best_stretch", ratio.ratio_best, RATIO_STRETCH),
        at_most("cpu_us_per_approval", total_us, CPU_US_MAX),
        at_least(
            "per_second_in_flight_256", None if at_256 is None else at_256.decisions_per_second, PER_SECOND_256_MIN
        ),
        *latencies,
        at_least("verify_rows_per_cpu_second", verification.rows_per_cpu_second, VERIFY_ROWS_MIN),
        at_most("proof_make_and_check_ms", verification.proof_make_ms + verification.proof_check_ms, PROOF_MS_MAX),
        at_least("approved_share", sound.approved_share, APPROVED_SHARE_MIN),
        at_most("overspend_usd", float(overspent), 0.0),
        at_most("repeated_answers_that_differ", float(sound.repeated_answers_that_differ), 0.0),
        at_most("problems_found", float(sound.problems_found), 0.0),
    )


def at_least(name: str, actual: float | None, limit: float) -> Goal:
    return Goal(name=name, actual=actual, at_least=limit, at_most=None, met=actual is not None and actual >= limit)


def at_most(name: str, actual: float | None, limit: float) -> Goal:
    return Goal(name=name, actual=actual, at_least=None, at_most=limit, met=actual is not None and actual <= limit)
