"""One studio in which one piece was made: killed in the middle of its production, finished by the next run."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fundamentals.studio_process import Answer, StudioProcess, no_network

STEP_SECONDS_MAX = 180


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """What the run that finished the killed one's piece left behind."""

    studio: StudioProcess
    answer: Answer


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    with no_network() as prefix:
        opened = StudioProcess(tmp_path_factory.mktemp("studio") / "home", prefix)
        yield opened
        opened.run("engines", "stop", "--force")


@pytest.fixture(scope="session")
def finished(studio: StudioProcess) -> FinishedRun:
    """`chimera run`, killed with -9 once the voice has spoken, then `chimera run` again."""
    first = studio.start("run", "--quality", "draft", "--json")
    _wait_for_file(studio.home / "work", "narration.wav", first)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate(timeout=30)
    return FinishedRun(studio, studio.run("run", "--quality", "draft", "--json"))


def _wait_for_file(folder: Path, name: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + STEP_SECONDS_MAX
    while not any(folder.rglob(name)):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"no {name}: {process.communicate()}")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.1)
