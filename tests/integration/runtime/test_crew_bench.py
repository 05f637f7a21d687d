"""The crew's benchmark, run small: everything is measured and the document is whole. How fast it is, is not asked."""

import os

import pytest

from chimera.bench.crew.fresh import in_fresh_process
from chimera.bench.crew.report import CrewBench
from chimera.bench.crew.run import run_bench
from chimera.bench.crew.size import quick
from chimera.core.errors import ToolFailed
from chimera.core.progress import ProgressEvent, silent

SECTIONS = ("hints", "rows", "queue")
EVERY_SECTION = ("agents", *SECTIONS, "latency", "backlog", "workflows", "soak")
"""All but the real pieces, which take minutes."""


@pytest.fixture(scope="module")
def run(postgres_url: str) -> tuple[CrewBench, list[ProgressEvent]]:
    """A small run of some sections on scratch databases of the tests' server, and a Valkey of its own."""
    told: list[ProgressEvent] = []
    return run_bench(postgres_url, quick(1, 1, 0.0), SECTIONS, told.append), told


@pytest.fixture(scope="module")
def whole(postgres_url: str) -> CrewBench:
    """A small run of everything but the real pieces."""
    return run_bench(postgres_url, quick(2, 1, soak_minutes=0.01), EVERY_SECTION, silent)


def test_every_queue_has_its_figures(run: tuple[CrewBench, list[ProgressEvent]]) -> None:
    figures = {measure.name: measure for measure in run[0].measures}
    for name in ("bare_blmove", "dramatiq", "dramatiq_default", "bare_claim", "pgqueuer", "pgqueuer_default"):
        assert figures[f"{name}_per_second"].minimum > 0
        assert figures[f"{name}_per_second"].how


def test_our_tasks_stand_beside_the_others_in_the_same_run(run: tuple[CrewBench, list[ProgressEvent]]) -> None:
    figures = {measure.name: measure.median for measure in run[0].measures}
    beside = figures["tasks_per_second"] / figures["pgqueuer_per_second"]
    assert figures["tasks_over_pgqueuer"] == pytest.approx(beside, rel=0.01)
    assert figures["hints_per_second"] > 0


def test_no_task_is_lost(run: tuple[CrewBench, list[ProgressEvent]]) -> None:
    figures = {measure.name: measure.maximum for measure in run[0].measures}
    assert figures["queue_tasks_errors"] == 0


def test_the_document_reads_back_as_it_was(run: tuple[CrewBench, list[ProgressEvent]]) -> None:
    assert CrewBench.model_validate_json(run[0].model_dump_json()) == run[0]


def test_every_section_tells_when_it_is_done(run: tuple[CrewBench, list[ProgressEvent]]) -> None:
    assert tuple(event.step for event in run[1] if event.fraction == 1) == SECTIONS
    assert tuple(run[0].load_average_1m) == SECTIONS


def test_work_in_a_fresh_process_is_done_by_another_process() -> None:
    assert in_fresh_process(os.getpid) != os.getpid()


def test_what_fails_in_a_fresh_process_is_told_with_its_reason() -> None:
    with pytest.raises(ToolFailed, match="invalid literal for int"):
        in_fresh_process(int, "no number")


def test_a_fresh_process_that_dies_is_told() -> None:
    with pytest.raises(ToolFailed, match="ended without an answer"):
        in_fresh_process(os._exit, 3)


@pytest.mark.slow
def test_every_goal_that_needs_no_real_piece_has_a_figure(whole: CrewBench) -> None:
    assert whole.parameters.rounds == 2
    missing = [goal.name for goal in whole.goals if goal.actual is None]
    assert missing == ["memory_mb_10000_agents", "memory_mb_100000_agents", "sweep_seconds_10000_agents"]
    assert {len(measure.rounds) for measure in whole.measures} == {1, 2}


@pytest.mark.slow
def test_hosted_agents_do_not_expire(whole: CrewBench) -> None:
    figures = {measure.name: measure.maximum for measure in whole.measures}
    assert figures["expired_state_keys"] == figures["missing_state_keys"] == 0


@pytest.mark.slow
def test_latencies_are_in_order(whole: CrewBench) -> None:
    figures = {measure.name: measure.median for measure in whole.measures}
    assert 0 < figures["dispatch_p50_ms"] <= figures["dispatch_p95_ms"] <= figures["dispatch_p99_ms"]
