"""The process of one job: `... job_process JOB_FOLDER MODULE:FUNCTION LIMIT_SECONDS [CPU_SECONDS_MAX]`.

It runs the job at most once, keeps its own limits of time and CPU even when every other process is gone, and leaves
result or error, and what it used, in the job's folder.
"""

import errno
import json
import os
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

from pydantic import ValidationError

from chimera.contracts.error import ErrorEnvelope, validation_failed
from chimera.core.clock import SystemClock
from chimera.core.errors import ChimeraError, McpTimeout, ToolFailed
from chimera.core.tracing import current_request
from chimera.telemetry.trace import taken_up, traced
from chimera.tools.local.job_folder import Document, JobFolder
from chimera.tools.local.tool_table import LOCAL_TOOLS, load

ALREADY_RUN = 75
"""Exit code: another process runs this job or has run it."""
PROGRESS_INTERVAL_SECONDS = 0.2


def main(arguments: list[str]) -> int:
    """Run the job in the folder named first; answers the exit code."""
    folder, function, limit_seconds = JobFolder(Path(arguments[0])), arguments[1], float(arguments[2])
    with folder.lock() as mine:
        if not mine or not folder.write_once("process", _begun()):
            return ALREADY_RUN
        _end_after(folder, limit_seconds)
        if len(arguments) > 3:
            limit_cpu(int(arguments[3]))
        _tell_begin(folder, function)
        try:
            result = _run(folder, function)
        except Exception as error:  # noqa: BLE001 - the edge of the process: whatever happens becomes the job's error
            traceback.print_exc()
            _write_error(folder, as_failure(error))
            return 1
        folder.write("usage", {"cpu_seconds": _cpu_seconds()})
        folder.write("result", result)
        return 0


def _tell_begin(folder: JobFolder, function: str) -> None:
    """The job's first line: for which request it runs. No logging library: loading one costs as much as a short job."""
    scope = current_request.get()
    told = {} if scope is None else {"request_id": str(scope.request_id), "trace_id": scope.trace.trace_id}
    line = {"event": "job_begun", "job_id": folder.path.name, "function": function, **told}
    sys.stderr.write(json.dumps(line) + "\n")


def _begun() -> Document:
    """Who runs the job, and its first word on what it uses: so that there is one, whenever it is killed."""
    return {"pid": os.getpid(), "started_at": time.time(), "cpu_seconds": _cpu_seconds()}


def _run(folder: JobFolder, function: str) -> Document:
    request = folder.read("request")
    if request is None:
        raise ToolFailed("the job's request is gone: submit it again")
    run = load(function)
    job = LOCAL_TOOLS[request["tool"]].job_contract.model_validate(request["job"])
    return run(job, Path(request["folder"]), _progress_into(folder)).model_dump(mode="json")


def as_failure(error: Exception) -> ChimeraError:
    """The expected failure that tells what went wrong, without a stack trace."""
    if isinstance(error, ChimeraError):
        return error
    if isinstance(error, ValidationError):
        return validation_failed(error)
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return ToolFailed("the disk is full: free some space and run it again", {"errno": error.errno})
    if isinstance(error, MemoryError):
        return ToolFailed("there is not enough memory for the job: close other programs and run it again")
    return ToolFailed(f"the tool broke with {type(error).__name__}; its job.log says where")


def _write_error(folder: JobFolder, failure: ChimeraError) -> None:
    folder.write("usage", {"cpu_seconds": _cpu_seconds()})
    folder.write_once("error", error_document(folder, failure))


def error_document(folder: JobFolder, failure: ChimeraError) -> Document:
    """Section 8's error body; the request id is the job's."""
    envelope = ErrorEnvelope.of(failure, SystemClock(), UUID(folder.path.name))
    return envelope.error.model_dump(mode="json")


def _cpu_seconds() -> float:
    used = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return round(sum(usage.ru_utime + usage.ru_stime for usage in used), 6)


def _progress_into(folder: JobFolder) -> Callable[[float], None]:
    written_at = 0.0

    def progress(fraction: float) -> None:
        nonlocal written_at
        if time.monotonic() - written_at >= PROGRESS_INTERVAL_SECONDS:
            folder.write("progress", {"fraction": float(fraction), "cpu_seconds": _cpu_seconds()})
            written_at = time.monotonic()

    return progress


def limit_cpu(seconds: int) -> None:
    """Let the kernel end this process by SIGXCPU once it has used so many CPU-seconds (setrlimit(2))."""
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = seconds if hard == resource.RLIM_INFINITY else min(seconds, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _end_after(folder: JobFolder, limit_seconds: float) -> None:
    """Keep the time limit from inside, so that an orphan ends too, and its children with it."""

    def end() -> None:
        failure = McpTimeout(
            f"the tool did not finish within {limit_seconds:g} seconds", {"limit_seconds": limit_seconds}
        )
        _write_error(folder, failure)
        if os.getpgrp() == os.getpid():
            os.killpg(os.getpid(), signal.SIGKILL)
        os._exit(1)

    watchdog = threading.Timer(limit_seconds, end)
    watchdog.daemon = True
    watchdog.start()


if __name__ == "__main__":
    with traced(taken_up(os.environ, uuid4())):
        sys.exit(main(sys.argv[1:]))
