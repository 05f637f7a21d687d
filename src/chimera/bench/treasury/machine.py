"""The machine a benchmark ran on, as a reader needs it to judge the figures."""

import os
import platform
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from chimera.bench.treasury.report import Machine
from chimera.storage.scratch import server_settings, server_version

_CPU_FILE = Path("/proc/cpuinfo")


def machine(server_url: str, load_before: float) -> Machine:
    """Asked when the run has ended; `load_before` is `load_average` from before it."""
    return Machine(
        cpu=_cpu(),
        cores=os.cpu_count() or 1,
        memory_gb=round(psutil.virtual_memory().total / 2**30, 1),
        python=platform.python_version(),
        postgresql=server_version(server_url),
        postgresql_settings=server_settings(server_url),
        load_average_1m_before=load_before,
        load_average_1m_after=load_average(),
    )


def load_average() -> float:
    """Of the last minute."""
    return round(os.getloadavg()[0], 2)


def _cpu() -> str:
    try:
        for line in _CPU_FILE.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
