"""A worker holds in memory what its roles need: one that finds and orders has no decoder, no tools and no engine."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from fundamentals.studio_process import StudioProcess

pytestmark = pytest.mark.timeout(180)
END_SECONDS_MAX = 20
HEAVY = ("av", "numpy", "PIL", "scipy")
"""Libraries that are mapped into a process as soon as they are imported."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[StudioProcess]:
    opened = StudioProcess(tmp_path / "home", [])
    yield opened
    opened.run("engines", "stop", "--force")


def mapped(pid: int) -> set[str]:
    """The packages whose compiled parts the process has mapped."""
    paths = {line.split()[-1] for line in Path(f"/proc/{pid}/maps").read_text().splitlines() if "/" in line}
    return {part for path in paths if path.endswith(".so") for part in Path(path).parts}


def has_tool_server(pid: int) -> bool:
    return any("chimera.tools" in " ".join(child.cmdline()) for child in psutil.Process(pid).children())


def test_a_worker_that_finds_and_orders_loads_neither_decoders_nor_tools_nor_engine(home: StudioProcess) -> None:
    running = home.start("worker", "--roles", "scout,planner", "--agents", "20", "--json")
    try:
        assert running.stdout is not None
        ready = json.loads(running.stdout.readline())
        assert ready["event"] == "ready"
        assert sorted(ready["roles"]) == ["planner", "scout"]
        assert not mapped(running.pid) & {*HEAVY, "sqlalchemy", "mcp"}
        assert not has_tool_server(running.pid)
        running.send_signal(signal.SIGTERM)
        assert running.wait(END_SECONDS_MAX) == 0
    finally:
        running.kill()
        running.communicate()
