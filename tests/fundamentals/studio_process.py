"""Chimera's own commands as processes of their own, in a home of the test's, cut off from every network."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import chimera

SECONDS_MAX = 300
SOURCE = Path(chimera.__file__).parent.parent
_MAIN = "from chimera.cli.app import main; main()"
_SETTINGS = ("DATABASE_URL", "REDIS_URL", "CFO_PRIVATE_KEY", "DAILY_BUDGET_LIMIT")


@contextmanager
def no_network() -> Iterator[list[str]]:
    """A prefix that runs commands with loopback as their only network; empty where the system does not allow it."""
    name = f"chimera-test-{os.getpid()}"
    if os.geteuid() != 0 or shutil.which("ip") is None or _ip("netns", "add", name) != 0:
        yield []
        return
    try:
        inside = ["ip", "netns", "exec", name]
        yield inside if _ip("-n", name, "link", "set", "lo", "up") == 0 else []
    finally:
        _ip("netns", "delete", name)


def _ip(*arguments: str) -> int:
    return subprocess.run(["ip", *arguments], capture_output=True, check=False).returncode  # noqa: S607


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command left behind."""

    code: int
    out: str
    said: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class StudioProcess:
    """Commands on one home."""

    home: Path
    prefix: list[str]

    def start(self, *arguments: str, settings: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if name not in _SETTINGS}
        environment |= {"CHIMERA_HOME": str(self.home), "PYTHONPATH": str(SOURCE), **(settings or {})}
        return subprocess.Popen(
            [*self.prefix, sys.executable, "-c", _MAIN, *arguments],
            env=environment,
            cwd=self.home.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, settings: Mapping[str, str] | None = None) -> Answer:
        process = self.start(*arguments, settings=settings)
        try:
            out, said = process.communicate(timeout=SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            out, said = process.communicate()
            raise AssertionError(f"{arguments} took over {SECONDS_MAX} s: {said}") from None
        return Answer(process.returncode, out, said)
