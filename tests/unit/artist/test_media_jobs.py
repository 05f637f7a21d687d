"""A job that is lost is run again: often where something else took it along, seldom where it dies by itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from chimera.agents.artist.media_jobs import DIED_ATTEMPTS_MAX, LOST_ATTEMPTS_MAX, MediaJobs
from chimera.contracts.approval import SignedDecision
from chimera.contracts.contract import Contract
from chimera.contracts.production import JobStatus, VoiceJob
from chimera.core.errors import ToolFailed
from chimera.tools.permit import Permit

DIED = ToolFailed("killed", {"lost": True, "alone": True})
WENT_ALONG = ToolFailed("gone with its server", {"lost": True})
JOB = VoiceJob(beats=("One.",), voice="af_heart", speed=1.0)


@dataclass
class Tools:
    """Loses jobs as told, one after the other, and then succeeds."""

    losses: list[ToolFailed]
    ids: list[UUID] = field(default_factory=list)

    async def run(
        self,
        tool: str,
        job_id: UUID,
        folder: Path,
        job: Contract,
        *,
        permit: Permit,
        progress: Callable[[float], None],
    ) -> JobStatus:
        del folder, permit, progress
        self.ids.append(job_id)
        if self.losses:
            raise self.losses.pop(0)
        told = {
            "job_id": str(job_id),
            "tool": tool,
            "state": "succeeded",
            "progress": 1.0,
            "cpu_seconds": None,
            "error": None,
        }
        return JobStatus.model_validate(told | {"result": job.model_dump(mode="json")})

    async def cancel(self, job_id: UUID, folder: Path) -> None:
        del job_id, folder


def jobs_of(tools: Tools) -> MediaJobs:
    signed = SignedDecision(tx_id=uuid4(), document="{}", signature="", key_id="")
    permit = Permit(signed, uuid4(), uuid4(), usd_per_cpu_second=Decimal("0.0001"))
    return MediaJobs(tools, uuid4(), Path("work"), permit, 1, Decimal("0.0001"), {})


async def run(tools: Tools) -> VoiceJob:
    return await jobs_of(tools).run("voice", JOB, VoiceJob, lambda _: None)


async def test_a_job_that_dies_by_itself_is_given_up_soon() -> None:
    tools = Tools([DIED] * LOST_ATTEMPTS_MAX)
    with pytest.raises(ToolFailed, match=f"lost {DIED_ATTEMPTS_MAX} times"):
        await run(tools)
    assert len(set(tools.ids)) == len(tools.ids) == DIED_ATTEMPTS_MAX


async def test_losses_with_what_ran_around_it_do_not_count_as_its_own() -> None:
    losses = [WENT_ALONG] * (LOST_ATTEMPTS_MAX - DIED_ATTEMPTS_MAX) + [DIED] * (DIED_ATTEMPTS_MAX - 1)
    tools = Tools(list(losses))
    assert await run(tools) == JOB
    assert len(set(tools.ids)) == len(losses) + 1


async def test_it_is_not_run_again_for_ever() -> None:
    tools = Tools([WENT_ALONG] * (LOST_ATTEMPTS_MAX + 1))
    with pytest.raises(ToolFailed, match=f"lost {LOST_ATTEMPTS_MAX} times"):
        await run(tools)
    assert len(tools.ids) == LOST_ATTEMPTS_MAX
