"""What an attempt's jobs have used, read from the folders they left."""

from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from chimera.tools.local.job_folder import JobFolder
from chimera.tools.local.job_use import JobUse, cost_of, job_use

RATE = Decimal("0.001")
NEVER = JobUse(started=False, ended=True, cpu_seconds=None)


def job(tmp_path: Path, **documents: dict[str, object]) -> JobFolder:
    folder = JobFolder.of(tmp_path, uuid4())
    for name, document in documents.items():
        folder.write(name, document)
    return folder


def test_a_job_that_was_never_submitted_is_no_job(tmp_path: Path) -> None:
    assert job_use(JobFolder.of(tmp_path, uuid4())) is None


def test_a_finished_job_tells_its_usage(tmp_path: Path) -> None:
    done = job(tmp_path, request={}, process={"pid": 1}, usage={"cpu_seconds": 2.5}, result={})
    assert job_use(done) == JobUse(started=True, ended=True, cpu_seconds=2.5)


def test_a_killed_jobs_last_word_counts(tmp_path: Path) -> None:
    killed = job(tmp_path, request={}, process={"pid": 1}, progress={"fraction": 0.3, "cpu_seconds": 1.25})
    assert job_use(killed) == JobUse(started=True, ended=True, cpu_seconds=1.25)


def test_a_job_killed_before_it_told_of_any_progress_used_what_its_process_told_first(tmp_path: Path) -> None:
    killed = job(tmp_path, request={}, process={"pid": 1, "cpu_seconds": 0.5})
    assert job_use(killed) == JobUse(started=True, ended=True, cpu_seconds=0.5)


def test_a_job_cancelled_before_it_began_never_ran(tmp_path: Path) -> None:
    assert job_use(job(tmp_path, request={}, error={"code": "CANCELLED"})) == NEVER


def test_a_waiting_job_may_still_begin(tmp_path: Path) -> None:
    assert job_use(job(tmp_path, request={})) == JobUse(started=False, ended=False, cpu_seconds=None)


def test_a_job_whose_process_lives_has_not_ended(tmp_path: Path) -> None:
    alive = job(tmp_path, request={}, process={"pid": 1}, progress={"fraction": 0.1, "cpu_seconds": 1.0})
    with alive.lock():
        assert job_use(alive) == JobUse(started=True, ended=False, cpu_seconds=1.0)


@pytest.mark.parametrize(
    ("jobs", "cost"),
    [
        ([], Decimal(0)),
        ([NEVER], Decimal(0)),
        ([JobUse(True, True, 2.5)], Decimal("0.01")),
        ([JobUse(True, True, 20.0), NEVER, JobUse(True, True, 9.5)], Decimal("0.03")),
        ([JobUse(True, True, 20.0), JobUse(True, True, None)], None),
        ([JobUse(True, True, 20.0), JobUse(True, False, 1.0)], None),
        ([JobUse(False, False, None)], None),
    ],
)
def test_the_cost_is_known_only_if_every_job_ended_and_told_its_use(jobs: list[JobUse], cost: Decimal | None) -> None:
    assert cost_of(jobs, RATE) == cost
