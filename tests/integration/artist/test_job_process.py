"""The job's own process, alone: it keeps its limit without any server, and never runs a job twice."""

import json
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import chimera
from chimera.tools.local.job_folder import JobFolder
from chimera.tools.local.job_process import ALREADY_RUN


def submitted(folder: Path, *beats: str) -> JobFolder:
    state = JobFolder.of(folder, uuid4())
    job = {"beats": list(beats), "voice": "af_heart", "speed": 1.0}
    assert state.write_once("request", {"tool": "voice", "folder": str(folder), "job": job})
    return state


def start(state: JobFolder, limit_seconds: float) -> "subprocess.Popen[bytes]":
    paths = f"{Path(chimera.__file__).parent.parent}:{Path(__file__).parent}"
    return subprocess.Popen(
        [sys.executable, "-m", "chimera.tools.local.job_process", str(state.path), "example_job:run",
         str(limit_seconds)],
        env={"PYTHONPATH": paths},
        start_new_session=True,
    )  # fmt: skip


def test_a_process_without_any_server_ends_at_its_limit_and_says_so(folder: Path) -> None:
    state = submitted(folder, "hang")
    assert start(state, 1.0).wait(20) == -9
    error, usage = state.read("error"), state.read("usage")
    assert error is not None
    assert error["code"] == "MCP_TIMEOUT"
    assert error["request_id"] == state.path.name
    assert usage is not None
    assert usage["cpu_seconds"] > 0
    assert state.running_pid() is None


def test_a_finished_job_records_its_own_usage_and_is_not_run_again(folder: Path) -> None:
    state = submitted(folder, "burn")
    assert start(state, 20.0).wait(20) == 0
    result, usage = state.read("result"), state.read("usage")
    assert result is not None
    assert usage is not None
    assert usage["cpu_seconds"] > 0.1
    assert start(state, 20.0).wait(20) == ALREADY_RUN
    assert len((folder / "runs.txt").read_text().split()) == 1


def test_a_second_process_leaves_a_running_job_alone(folder: Path) -> None:
    state = submitted(folder, "hang")
    first = start(state, 20.0)
    assert _wait_until_hanging(folder)
    assert state.running_pid() == first.pid
    assert start(state, 20.0).wait(20) == ALREADY_RUN
    (folder / "go").touch()
    assert first.wait(20) == 0
    assert json.loads((folder / "jobs" / state.path.name / "result.json").read_text())["duration_ms"] == 500


def _wait_until_hanging(folder: Path) -> bool:
    watcher = "import pathlib, sys, time\nwhile not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.02)"
    subprocess.run([sys.executable, "-c", watcher, str(folder / "hanging")], timeout=10, check=True)
    return True
