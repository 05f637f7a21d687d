"""What a job that must not go on has used, read from its folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from chimera.tools.local.job_folder import JobFolder
from chimera.tools.pricing import job_cost_usd, production_cost_usd


@dataclass(frozen=True, slots=True)
class JobUse:
    """`started`: its process ran at some time; `ended`: it has none now, and gets none any more."""

    started: bool
    ended: bool
    cpu_seconds: float | None


def job_use(job: JobFolder) -> JobUse | None:
    """What the job has used so far; None if it was never submitted."""
    if job.read("request") is None:
        return None
    alive = job.running_pid() is not None
    process = job.read("process")
    started = alive or process is not None
    answered = job.read("result") is not None or job.read("error") is not None
    used = job.read("usage") or job.read("progress") or process  # a killed job's last word on what it used
    return JobUse(started, not alive and (started or answered), used.get("cpu_seconds") if used else None)


def cost_of(jobs: Sequence[JobUse], usd_per_cpu_second: Decimal) -> Decimal | None:
    """What the jobs cost together: zero if none ever ran, None if that can't be known. Pure."""
    ran = [job for job in jobs if job.started]
    used = [job.cpu_seconds for job in ran if job.cpu_seconds is not None]
    if not all(job.ended for job in jobs) or len(used) < len(ran):
        return None
    if not ran:
        return Decimal(0)
    return production_cost_usd(job_cost_usd(seconds, usd_per_cpu_second) for seconds in used)
