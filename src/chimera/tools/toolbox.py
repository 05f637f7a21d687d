"""The MCP client: checks the permit, submits a job under a stored id, and follows it to its end."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import anyio
from nacl.signing import VerifyKey
from pydantic import ValidationError

from chimera.contracts.contract import Contract
from chimera.contracts.production import JobStatus
from chimera.core.clock import Clock
from chimera.core.errors import BudgetExceeded, ChimeraError, EngineUnavailable, McpTimeout, ToolFailed
from chimera.security.permissions import Caller, Permission, require
from chimera.tools.permit import Permit, check_permit
from chimera.tools.pricing import cpu_seconds_within
from chimera.tools.tool_failure import failure_of
from chimera.tools.tool_server import ServerCommand, SessionLost

if TYPE_CHECKING:
    from chimera.tools.tool_session import ToolSession

POLL_SECONDS_MIN = 0.05
POLL_SECONDS_MAX = 0.25
CANCEL_SECONDS_MAX = 10.0

Callers = Callable[[UUID], Awaitable[Caller]]
"""Who an agent is by its row; a Forbidden where it has none."""


class Toolbox:
    """Paid calls of local tools. No job starts unless the CFO's approval of it holds, and its agent may call tools."""

    def __init__(
        self, server: "_Server", public_key: VerifyKey, clock: Clock, callers: Callers, limit_seconds: float
    ) -> None:
        self._server = server
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
            session = await self._server.session()
            await session.call("job_cancel", {"job_id": str(job_id), "folder": str(folder)})

    async def healthy(self) -> bool:
        """Whether the tool server answers."""
        return await (await self._server.session()).answers()

    async def _follow(
        self, tool: str, submission: dict[str, object], reference: dict[str, object], progress: Callable[[float], None]
    ) -> JobStatus:
        session = await self._server.session()
        deadline = self._clock.monotonic() + self._limit_seconds
        call, arguments, pause_seconds = f"{tool}_submit", submission, POLL_SECONDS_MIN
        while True:
            try:
                status = _status(await session.call(call, arguments))
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
    command: ServerCommand, public_key: VerifyKey, clock: Clock, callers: Callers, *, at_once: bool = True
) -> AsyncIterator[Toolbox]:
    """A toolbox whose server is our child until the block ends; it starts in the background, at once or with the first
    call.

    Raises nothing here: a server that does not start is an EngineUnavailable of the first call.
    """
    command.root.mkdir(parents=True, exist_ok=True)
    server = _Server(command)
    try:
        if at_once:
            await server.session()
        yield Toolbox(server, public_key, clock, callers, command.limit_seconds)
    finally:
        await server.close()


class _Server:
    """The tool server's session, and what it needs of the MCP library: from its first use on."""

    def __init__(self, command: ServerCommand) -> None:
        self._command = command
        self._lock = asyncio.Lock()
        self._kept: tuple[ToolSession, asyncio.Task[None]] | None = None
        self._closed = False

    async def session(self) -> "ToolSession":
        """Raises:
        EngineUnavailable: the toolbox is closed.
        """
        async with self._lock:
            if self._closed:
                raise EngineUnavailable("the local tool server was closed")
            if self._kept is None:
                module = await asyncio.to_thread(importlib.import_module, "chimera.tools.tool_session")
                session: ToolSession = module.ToolSession(self._command)
                self._kept = session, asyncio.create_task(session.keep(), name="local tool server")
            return self._kept[0]

    async def close(self) -> None:
        """End the server, and its session's task."""
        async with self._lock:
            self._closed = True
            if self._kept is not None:
                await self._kept[0].close(self._kept[1])


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
