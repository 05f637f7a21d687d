"""Runs one production's tool jobs under one permit and keeps count of what they cost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Protocol, TypeVar
from uuid import UUID

from pydantic import ValidationError

import chimera
from chimera.agents.artist.production import job_id_of
from chimera.contracts.contract import Contract
from chimera.contracts.production import JobStatus, ToolUse
from chimera.core.errors import ChimeraError, ToolFailed
from chimera.tools.permit import Permit
from chimera.tools.pricing import job_cost_usd
from chimera.tools.tool_failure import died_alone, is_lost

DIED_ATTEMPTS_MAX = 4
"""How often one job's process may die by itself before the production is given up: the job is taken to be the cause."""
LOST_ATTEMPTS_MAX = 16
"""How often one job may vanish at all, also with what ran around it (its server, its host, a power cut)."""

ResultT = TypeVar("ResultT", bound=Contract)


class Tools(Protocol):
    """What the artist needs of the toolbox."""

    async def run(
        self,
        tool: str,
        job_id: UUID,
        folder: Path,
        job: Contract,
        *,
        permit: Permit,
        progress: Callable[[float], None],
    ) -> JobStatus: ...

    async def cancel(self, job_id: UUID, folder: Path) -> None: ...


@dataclass
class MediaJobs:
    """The jobs of one attempt at one piece; `uses` tells every tool as it really ran."""

    tools: Tools
    content_id: UUID
    folder: Path
    permit: Permit
    attempt: int
    usd_per_cpu_second: Decimal
    estimated_cpu_seconds: Mapping[str, Decimal]
    uses: list[ToolUse] = field(default_factory=list)

    async def run(self, tool: str, job: Contract, result: type[ResultT], progress: Callable[[float], None]) -> ResultT:
        """The job's result; a job lost with its process is run again under an id of its own.

        Raises:
            ChimeraError: what the tool failed with, or lost too often.
        """
        died = 0
        for lost in range(LOST_ATTEMPTS_MAX):
            job_id = job_id_of(self.content_id, tool, self.attempt, lost)
            try:
                status = await self.tools.run(tool, job_id, self.folder, job, permit=self.permit, progress=progress)
            except ChimeraError as failure:
                self._count(tool, job_id, failure.details.get("cpu_seconds"))
                if not is_lost(failure):
                    raise
                died += died_alone(failure)
                if died == DIED_ATTEMPTS_MAX:
                    raise _given_up(tool, died) from failure
                continue
            self._count(tool, job_id, status.cpu_seconds)
            return _read(tool, status, result)
        raise _given_up(tool, LOST_ATTEMPTS_MAX)

    def _count(self, tool: str, job_id: UUID, cpu_seconds: object) -> None:
        if not isinstance(cpu_seconds, float | int):
            return
        cost_usd = job_cost_usd(float(cpu_seconds), self.usd_per_cpu_second)
        self.permit = self.permit.after(cost_usd)
        self.uses.append(
            ToolUse(
                tool=f"local/{tool}",
                version=chimera.__version__,
                job_id=str(job_id),
                cpu_seconds=float(cpu_seconds),
                cost_usd=cost_usd,
                estimated_cpu_seconds=self.estimated_cpu_seconds.get(tool, Decimal(0)),
            )
        )


def _given_up(tool: str, times: int) -> ToolFailed:
    return ToolFailed(
        f"the {tool} tool's process was lost {times} times: see its job.log and `chimera doctor`", {"tool": tool}
    )


def _read(tool: str, status: JobStatus, result: type[ResultT]) -> ResultT:
    try:
        return result.model_validate(status.result)
    except ValidationError as error:
        raise ToolFailed(f"the {tool} tool's result is no {result.__name__}", {"tool": tool}) from error
