"""From what lies on disk to a JobStatus. Pure."""

from dataclasses import dataclass

from chimera.contracts.production import JobState, JobStatus
from chimera.core.errors import ToolFailed
from chimera.tools.local.job_folder import Document

CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class JobFacts:
    """`waiting`: this server will start it; `alive`: its process runs; `started`: it ran at some time."""

    waiting: bool
    alive: bool
    started: bool
    progress: float
    result: Document | None
    error: Document | None
    cpu_seconds: float | None


def status_of(job_id: str, request: Document, facts: JobFacts) -> JobStatus:
    """Where the job is. One that started and has neither a process nor an answer is lost."""
    state, error = _state(facts)
    return JobStatus(
        job_id=job_id,
        tool=request["tool"],
        state=state,
        progress=1.0 if state == "succeeded" else min(max(facts.progress, 0.0), 1.0),
        cpu_seconds=facts.cpu_seconds,
        result=facts.result if state == "succeeded" else None,
        error=error,
    )


def _state(facts: JobFacts) -> tuple[JobState, Document | None]:
    if facts.result is not None:
        return "succeeded", None
    if facts.error is not None:
        return ("cancelled" if facts.error["code"] == CANCELLED else "failed"), facts.error
    if facts.alive:
        return "running", None
    if facts.waiting or not facts.started:
        return "queued", None
    return "failed", lost_error()


def lost_error() -> Document:
    """The error of a job whose process vanished: the same job never runs again, a new attempt may."""
    return {
        "code": ToolFailed.code,
        "message": "the job's process is gone without an answer: submit it again under a new job id",
        "details": {"lost": True},
    }
