"""What lies on disk says where a job is."""

import pytest

from chimera.core.errors import ChimeraError, ToolFailed, VideoTooLong
from chimera.tools.local.job_status import JobFacts, status_of
from chimera.tools.tool_failure import failure_of, is_lost

REQUEST = {"tool": "voice", "job": {}}
ERROR: dict[str, object] = {"code": "TOOL_FAILED", "message": "x", "details": {}}


def facts(
    *,
    waiting: bool = False,
    alive: bool = False,
    started: bool = False,
    result: dict[str, object] | None = None,
    error: dict[str, object] | None = None,
) -> JobFacts:
    return JobFacts(waiting, alive, started, 0.25, result, error, None)


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (facts(waiting=True), "queued"),
        (facts(), "queued"),
        (facts(alive=True), "running"),
        (facts(alive=True, started=True), "running"),
        (facts(started=True), "failed"),
        (facts(started=True, result={"a": 1}), "succeeded"),
        (facts(started=True, result={"a": 1}, error=ERROR), "succeeded"),
        (facts(started=True, error=ERROR), "failed"),
        (facts(error=ERROR | {"code": "CANCELLED"}), "cancelled"),
    ],
)
def test_a_jobs_state_follows_from_its_files_and_its_process(found: JobFacts, state: str) -> None:
    assert status_of("1", REQUEST, found).state == state


def test_a_process_that_vanished_without_an_answer_is_lost() -> None:
    status = status_of("1", REQUEST, facts(started=True))
    assert status.error is not None
    assert is_lost(failure_of(status.error))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("VIDEO_TOO_LONG", VideoTooLong),
        ("TOOL_FAILED", ToolFailed),
        ("SOMETHING_ELSE", ToolFailed),
        ("CANCELLED", ToolFailed),
    ],
)
def test_a_tools_error_code_becomes_the_failure_of_that_code(code: str, kind: type[ChimeraError]) -> None:
    failure = failure_of({"code": code, "message": "said", "details": {"n": 1}})
    assert type(failure) is kind
    assert failure.message == "said"
    assert failure.details["n"] == 1
