"""The MCP client: checks the permit, submits a job under a stored id, and follows it to its end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import anyio
from nacl.signing import VerifyKey
from pydantic import ValidationError

from chimera.contracts.contract import Contract
from chimera.contracts.production import JobStatus
from chimera.core.clock import Clock
from chimera.core.errors import BudgetExceeded, ChimeraError, McpTimeout, ToolFailed
from chimera.security.permissions import Caller, Permission, require
from chimera.tools.permit import Permit, check_permit
from chimera.tools.pricing import cpu_seconds_within
from chimera.tools.tool_failure import failure_of
from chimera.tools.tool_session import ServerCommand, SessionLost, ToolSession

POLL_SECONDS_MIN = 0.05
POLL_SECONDS_MAX = 0.25
CANCEL_SECONDS_MAX = 10.0

Callers = Callable[[UUID], Awaitable[Caller]]
"""Who an agent is by its row; a Forbidden where it has none."""


class Toolbox:
    """Paid calls of local tools. No job starts unless the CFO's approval of it holds, and its agent may call tools."""

    def __init__(
        self, session: ToolSession, public_key: VerifyKey, clock: Clock, callers: Callers, limit_seconds: float
    ) -> None:
        self._session = session
        self._public_key = public_key
        self._clock = clock
        self._callers = callers
        self._limit_seconds = limit_seconds

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
        """The job's status once it has succeeded; the same id again gives the same answer without running again.

        Raises:
            Forbidden: the permit's agent has no right to call tools; nothing was started.
            InvalidSignature, ApprovalExpired, BudgetExceeded: the permit does not hold; nothing was started.
            McpTimeout: not finished in time; the job was ended.
            ChimeraError: what the tool failed with; `details.cpu_seconds` is what it used, where known.
        """
        require(await self._callers(permit.agent_id), Permission.CALL_TOOLS)
        left_usd = check_permit(permit, self._public_key, self._clock.now())
        reference: dict[str, object] = {"job_id": str(job_id), "folder": str(folder)}
        bound = {"cpu_seconds_max": _cpu_seconds(left_usd, permit)}
        submission = {**reference, **bound, "job": job.model_dump(mode="json")}
        try:
            status = await self._follow(tool, submission, reference, progress)
        except (McpTimeout, asyncio.CancelledError):
            await self.cancel(job_id, folder)
            raise
        if status.state == "succeeded":
            return status
        failure = failure_of(status.error or {})
        raise type(failure)(failure.message, {**failure.details, "cpu_seconds": status.cpu_seconds, "tool": tool})

    async def cancel(self, job_id: UUID, folder: Path) -> None:
        """End the job and its processes, if the tool server can be reached; its folder tells what became of it."""
        with anyio.move_on_after(CANCEL_SECONDS_MAX, shield=True), suppress(ChimeraError, SessionLost):
            await self._session.call("job_cancel", {"job_id": str(job_id), "folder": str(folder)})

    async def healthy(self) -> bool:
        """Whether the tool server answers."""
        return await self._session.answers()

    async def _follow(
        self, tool: str, submission: dict[str, object], reference: dict[str, object], progress: Callable[[float], None]
    ) -> JobStatus:
        deadline = self._clock.monotonic() + self._limit_seconds
        call, arguments, pause_seconds = f"{tool}_submit", submission, POLL_SECONDS_MIN
        while True:
            try:
                status = _status(await self._session.call(call, arguments))
                call, arguments = "job_status", reference
            except SessionLost:
                call, arguments = f"{tool}_submit", submission  # a new server finds the job by its id
                continue
            progress(status.progress)
            if status.state not in {"queued", "running"}:
                return status
            if self._clock.monotonic() >= deadline:
                raise McpTimeout(
                    f"the {tool} tool did not finish within {self._limit_seconds:g} seconds: try quality preset draft",
                    {"tool": tool, "limit_seconds": self._limit_seconds, "progress": status.progress},
                )
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 1.5, POLL_SECONDS_MAX)


@asynccontextmanager
async def open_toolbox(
    command: ServerCommand, public_key: VerifyKey, clock: Clock, callers: Callers
) -> AsyncIterator[Toolbox]:
    """A toolbox whose server is our child for as long as the block lasts; it starts in the background.

    Raises nothing here: a server that does not start is an EngineUnavailable of the first call.
    """
    command.root.mkdir(parents=True, exist_ok=True)
    session = ToolSession(command)
    keeper = asyncio.create_task(session.keep(), name="local tool server")  # ended and awaited by close()
    try:
        yield Toolbox(session, public_key, clock, callers, command.limit_seconds)
    finally:
        await session.close(keeper)


def _cpu_seconds(left_usd: Decimal, permit: Permit) -> int:
    seconds = cpu_seconds_within(left_usd, permit.usd_per_cpu_second)
    if seconds < 1:
        raise BudgetExceeded(
            f"${left_usd} of the approval are left, not enough for another job: ask the CFO for more",
            {"requested": float(permit.usd_per_cpu_second), "remaining": float(left_usd)},
        )
    return seconds


def _status(document: dict[str, object]) -> JobStatus:
    try:
        return JobStatus.model_validate(document)
    except ValidationError as error:
        raise ToolFailed("the tool server's answer is no job status: are both of one version?") from error
