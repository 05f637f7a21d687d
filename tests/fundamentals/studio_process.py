"""Chimera's own commands as processes of their own, in a home of the test's, cut off from every network."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS_MAX = 300
_MAIN = "from chimera.cli.app import main; main()"
_SETTINGS = ("DATABASE_URL", "REDIS_URL", "CFO_PRIVATE_KEY", "DAILY_BUDGET_LIMIT")


def _cut_off() -> list[str]:
    """A prefix that runs a command with loopback as its only network, where the system allows it."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return []
    prefix = ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--net", "sh", "-c"]
    probe = subprocess.run([*prefix, "ip link set lo up"], capture_output=True, check=False)
    return [*prefix, 'ip link set lo up; exec "$@"', "sh"] if probe.returncode == 0 and os.geteuid() == 0 else []


CUT_OFF = _cut_off()


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
    source_folder: Path

    def start(self, *arguments: str, settings: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if name not in _SETTINGS}
        environment |= {"CHIMERA_HOME": str(self.home), "PYTHONPATH": str(self.source_folder), **(settings or {})}
        return subprocess.Popen(
            [*CUT_OFF, sys.executable, "-c", _MAIN, *arguments],
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
