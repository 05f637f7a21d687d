"""Starts jobs as child processes in sessions of their own, bounded in number, and reaps what they used.

What a job is and was stands in its folder (`job_folder.py`); only waiting and own running jobs are known here.
"""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import UUID

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup
from pydantic import ValidationError

from chimera.contracts.error import validation_failed
from chimera.contracts.production import JobStatus
from chimera.core.errors import BudgetExceeded, ChimeraError, Conflict, NotFound, ToolFailed, ValidationFailed
from chimera.telemetry.trace import outgoing_environment
from chimera.tools.local.job_folder import Document, JobFolder
from chimera.tools.local.job_process import ALREADY_RUN, as_failure, error_document
from chimera.tools.local.job_status import CANCELLED, JobFacts, lost_error, status_of
from chimera.tools.local.tool_table import LocalTool

WAITING_JOBS_MAX = 16
END_CHECK_SECONDS = 0.02
END_CHECKS_MAX = 250


class JobRunner:
    """The jobs of one server. `root` is the only folder tree it works in."""

    def __init__(
        self, tools: Mapping[str, LocalTool], root: Path, tasks: TaskGroup, *, parallel_max: int, limit_seconds: float
    ) -> None:
        self._tools = tools
        self._root = root.resolve()
        self._tasks = tasks
        self._slots = anyio.Semaphore(parallel_max)
        self._reapers = anyio.CapacityLimiter(parallel_max)
        self._limit_seconds = limit_seconds
        self._children: dict[Path, int | None] = {}
        self._unwritten: dict[Path, Document] = {}

    async def submit(
        self, tool: str, job_id: UUID, folder: Path, job: Document, cpu_seconds_max: int | None = None
    ) -> JobStatus:
        """Take a job in, once: the same id and body again answers the same job, under the limit it began with.

        Raises:
            Conflict: the id stands for another job.
            ValidationFailed: a malformed job, or a path outside the production's folder.
            ToolFailed: too many jobs wait.
        """
        folder = self._inside(folder)
        request = self._request(tool, folder, job)
        state = JobFolder.of(folder, job_id)
        if not state.write_once("request", request) and state.read("request") != request:
            raise Conflict(f"job {job_id} is another job already: use a new job id", {"job_id": str(job_id)})
        if self.status(job_id, folder).state == "queued" and state.path not in self._children:
            if len(self._children) >= WAITING_JOBS_MAX:
                raise ToolFailed(f"{WAITING_JOBS_MAX} jobs wait already: try again when some are done")
            self._children[state.path] = None
            self._tasks.start_soon(self._run, state, self._tools[tool], cpu_seconds_max)
        return self.status(job_id, folder)

    def status(self, job_id: UUID, folder: Path) -> JobStatus:
        """Where the job is; an orphan of an earlier server that still runs counts as running.

        Raises:
            NotFound: no such job in this folder.
        """
        state = JobFolder.of(self._inside(folder), job_id)
        request = state.read("request")
        if request is None:
            raise NotFound(f"there is no job {job_id} in {folder}", {"job_id": str(job_id)})
        return status_of(str(job_id), request, self._facts(state))

    async def cancel(self, job_id: UUID, folder: Path) -> JobStatus:
        """End the job and every process it started; a finished job stays as it is."""
        if self.status(job_id, folder).state in {"queued", "running"}:
            state = JobFolder.of(self._inside(folder), job_id)
            error = error_document(state, ToolFailed("the job was cancelled", {"lost": True})) | {"code": CANCELLED}
            state.write_once("error", error)
            if (pid := self._children.get(state.path) or state.running_pid()) is not None:
                _kill_group(pid)
            for _ in range(END_CHECKS_MAX):
                if self._children.get(state.path) is None and state.running_pid() is None:
                    break
                await anyio.sleep(END_CHECK_SECONDS)
        return self.status(job_id, folder)

    def stop(self) -> None:
        """Kill every own child: the server ends, and nothing it started goes on without it."""
        for path, pid in self._children.items():
            if pid is not None:
                JobFolder(path).write_once("error", lost_error() | _stamp(path))
                _kill_group(pid)

    async def _run(self, state: JobFolder, tool: LocalTool, cpu_seconds_max: int | None) -> None:
        try:
            async with self._slots:
                if state.read("error") is None:
                    await self._run_child(state, tool, cpu_seconds_max)
        except (OSError, ChimeraError) as error:
            self._fail(state, as_failure(error))
        finally:
            self._children.pop(state.path, None)

    async def _run_child(self, state: JobFolder, tool: LocalTool, cpu_seconds_max: int | None) -> None:
        limits = [str(min(float(tool.limit_seconds), self._limit_seconds))]
        limits += [] if cpu_seconds_max is None else [str(cpu_seconds_max)]
        child = _spawn(state, tool.function, limits)
        self._children[state.path] = child.pid
        _, status, usage = await anyio.to_thread.run_sync(os.wait4, child.pid, 0, limiter=self._reapers)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode == ALREADY_RUN:
            return
        state.write("usage", {"cpu_seconds": round(usage.ru_utime + usage.ru_stime, 6)})
        if child.returncode != 0:
            self._fail(state, _ended(tool.name, child.returncode, cpu_seconds_max))

    def _fail(self, state: JobFolder, failure: ChimeraError) -> None:
        error = error_document(state, failure)
        try:
            state.write_once("error", error)
        except OSError:
            self._unwritten[state.path] = error

    def _facts(self, state: JobFolder) -> JobFacts:
        alive = self._children.get(state.path) is not None or state.running_pid() is not None
        progress = state.read("progress")
        process = state.read("process")
        used = state.read("usage") or (None if alive else progress or process)  # a killed job's last word on its use
        own = state.path in self._children  # not finished before it is reaped, so that its usage is final
        return JobFacts(
            waiting=own,
            alive=alive,
            started=process is not None,
            progress=progress["fraction"] if progress else 0.0,
            result=None if alive or own else state.read("result"),
            error=None if alive or own else state.read("error") or self._unwritten.get(state.path),
            cpu_seconds=used.get("cpu_seconds") if used else None,
        )

    def _request(self, tool: str, folder: Path, job: Document) -> Document:
        try:
            checked = self._tools[tool].job_contract.model_validate(job)
        except ValidationError as error:
            raise validation_failed(error) from error
        body = checked.model_dump(mode="json")
        for path in _paths_in(checked.model_dump()):
            if not path.resolve().is_relative_to(folder):
                raise ValidationFailed(f"{path} is outside the production's folder {folder}", {"path": str(path)})
        return {"tool": tool, "folder": str(folder), "job": body}

    def _inside(self, folder: Path) -> Path:
        resolved = folder.resolve()
        if not folder.is_absolute() or not resolved.is_relative_to(self._root) or not resolved.is_dir():
            raise ValidationFailed(f"{folder} is no folder inside {self._root}", {"folder": str(folder)})
        return resolved


@asynccontextmanager
async def open_runner(
    tools: Mapping[str, LocalTool], root: Path, *, parallel_max: int, limit_seconds: float
) -> AsyncIterator[JobRunner]:
    """A runner whose children end with the block."""
    async with anyio.create_task_group() as tasks:
        runner = JobRunner(tools, root, tasks, parallel_max=parallel_max, limit_seconds=limit_seconds)
        try:
            yield runner
        finally:
            runner.stop()
            tasks.cancel_scope.cancel()


def _spawn(state: JobFolder, function: str, limits: list[str]) -> "subprocess.Popen[bytes]":
    with state.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "chimera.tools.local.job_process", str(state.path), function, *limits],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, **outgoing_environment()},
        )


def _ended(tool: str, code: int, cpu_seconds_max: int | None) -> ChimeraError:
    if code == -signal.SIGXCPU:
        return BudgetExceeded(
            f"the {tool} tool used up the {cpu_seconds_max} CPU-seconds that the approval still held",
            {"cpu_seconds_max": cpu_seconds_max},
        )
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return ToolFailed(f"the {tool} tool's process ended by {how}", {"lost": True, "alone": True})


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _stamp(path: Path) -> Document:
    document = error_document(JobFolder(path), ToolFailed("stopped"))
    return {name: document[name] for name in ("timestamp", "request_id")}


def _paths_in(value: object) -> list[Path]:
    if isinstance(value, Path):
        return [value]
    if isinstance(value, dict):
        return [path for item in value.values() for path in _paths_in(item)]
    if isinstance(value, list | tuple):
        return [path for item in value for path in _paths_in(item)]
    return []
