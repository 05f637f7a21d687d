"""The faults of a storm follow from its seed, and every kind of kill is among them."""

from collections import Counter

import pytest

from chimera.bench.chaos.plan import JOBS, KILLS_FOR_EACH_OTHER, Fault, FaultKind, Moment, draw_faults


def test_the_same_seed_gives_the_same_faults() -> None:
    assert draw_faults(7, 50) == draw_faults(7, 50)
    assert draw_faults(7, 50) != draw_faults(8, 50)


@pytest.mark.parametrize("kills", [1, 3, 12, 200])
def test_there_are_exactly_so_many_kills_with_other_faults_on_top(kills: int) -> None:
    faults = draw_faults(1, kills)
    assert sum(fault.kind.kills for fault in faults) == kills
    assert len(faults) == kills + kills // KILLS_FOR_EACH_OTHER
    assert [fault.number for fault in faults] == list(range(1, len(faults) + 1))


def test_a_long_storm_has_every_kind_and_every_moment() -> None:
    faults = draw_faults(3, 200)
    assert {fault.kind for fault in faults} == set(FaultKind)
    assert {fault.moment for fault in faults} == set(Moment)


def test_most_kills_hit_the_processes_that_work() -> None:
    kinds = Counter(fault.kind for fault in draw_faults(3, 200))
    assert kinds[FaultKind.KILL_HOST] >= 120


def test_a_job_is_killed_while_a_tool_runs() -> None:
    faults = [fault for fault in draw_faults(5, 100) if fault.kind is FaultKind.KILL_JOB]
    assert faults
    assert all(fault.moment in JOBS for fault in faults)


@pytest.mark.parametrize(("pick", "chosen"), [(0.0, "a"), (0.34, "b"), (0.999, "c")])
def test_what_is_hit_follows_from_the_seed_too(pick: float, chosen: str) -> None:
    fault = Fault(1, FaultKind.KILL_HOST, Moment.ANYTIME, 0.0, pick, 0.0, 1.0)
    assert fault.choose(["a", "b", "c"]) == chosen
