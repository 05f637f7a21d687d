"""The crew's benchmark, run small: everything is measured and the document is whole. How fast it is, is not asked."""

import os

import pytest

from chimera.bench.crew.fresh import in_fresh_process
from chimera.bench.crew.report import CrewBench
from chimera.bench.crew.run import run_bench
from chimera.bench.crew.size import quick
from chimera.core.errors import ToolFailed
from chimera.core.progress import ProgressEvent


@pytest.fixture(scope="module")
def run(postgres_url: str) -> tuple[CrewBench, list[ProgressEvent]]:
    """One small run on scratch databases of the tests' server and a Valkey of its own."""
    told: list[ProgressEvent] = []
    return run_bench(postgres_url, quick(1, 1, 0.0), ("hints", "rows"), told.append), told


def test_every_queue_has_its_figures(run: tuple[CrewBench, list[ProgressEvent]]) -> None:
    figures = {measure.name: measure for measure in run[0].measures}
    for name in ("bare_blmove", "dramatiq", "dramatiq_default", "bare_claim", "pgqueuer", "pgqueuer_default"):
        assert figures[f"{name}_per_second"].minimum > 0
        assert figures[f"{name}_per_second"].how


def test_the_document_reads_back_as_it_was(run: tuple[CrewBench, list[ProgressEvent]]) -> None:
    assert CrewBench.model_validate_json(run[0].model_dump_json()) == run[0]


def test_every_section_tells_when_it_is_done(run: tuple[CrewBench, list[ProgressEvent]]) -> None:
    assert [event.step for event in run[1] if event.fraction == 1] == ["hints", "rows"]
    assert set(run[0].load_average_1m) == {"hints", "rows"}


def test_work_in_a_fresh_process_is_done_by_another_process() -> None:
    assert in_fresh_process(os.getpid) != os.getpid()


def test_what_fails_in_a_fresh_process_is_told_with_its_reason() -> None:
    with pytest.raises(ToolFailed, match="invalid literal for int"):
        in_fresh_process(int, "no number")


def test_a_fresh_process_that_dies_is_told() -> None:
    with pytest.raises(ToolFailed, match="ended without an answer"):
        in_fresh_process(os._exit, 3)
