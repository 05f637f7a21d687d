"""What one attempt at a production has used, from its jobs' folders; jobs still under way are ended first."""

import asyncio
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from chimera.agents.artist.media_jobs import LOST_ATTEMPTS_MAX, Tools
from chimera.agents.artist.production import job_id_of
from chimera.tools.local.job_folder import JobFolder
from chimera.tools.local.job_use import JobUse, cost_of, job_use

TOOLS = ("voice", "sound", "video")


async def attempt_use(
    tools: Tools, folder: Path, content_id: UUID, attempt: int, usd_per_cpu_second: Decimal
) -> Decimal | None:
    """The attempt's cost; zero if none of its jobs ever ran, None if that can't be known."""
    ids = [job_id_of(content_id, tool, attempt, lost) for tool in TOOLS for lost in range(LOST_ATTEMPTS_MAX)]
    found = [await _ended(tools, folder, job_id) for job_id in ids]
    return cost_of([job for job in found if job is not None], usd_per_cpu_second)


async def _ended(tools: Tools, folder: Path, job_id: UUID) -> JobUse | None:
    job = JobFolder.of(folder, job_id)
    use = await asyncio.to_thread(job_use, job)
    if use is None or use.ended:
        return use
    await tools.cancel(job_id, folder)
    return await asyncio.to_thread(job_use, job)
