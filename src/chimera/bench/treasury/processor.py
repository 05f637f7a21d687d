"""Processor time of this process and of the PostgreSQL server, as far as it runs on this machine."""

import time
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]


class Used(NamedTuple):
    """CPU-seconds; `server` is None where the server's processes can't be seen."""

    client: float
    server: float | None

    def since(self, before: "Used") -> "Used":
        server = None if self.server is None or before.server is None else self.server - before.server
        return Used(self.client - before.client, server)


class Processor:
    """Reads both counters. `backend_pid` is any process of the server; its parent is the postmaster."""

    def __init__(self, backend_pid: int) -> None:
        self._postmaster = _postmaster(backend_pid)

    def used(self) -> Used:
        """So far: all threads of this process; every process of the server, those that ended too."""
        return Used(time.process_time(), None if self._postmaster is None else _family_seconds(self._postmaster))


def _postmaster(backend_pid: int) -> "psutil.Process | None":
    try:
        backend = psutil.Process(backend_pid)
        parent = backend.parent()
        if parent is not None and backend.name() == parent.name() == "postgres":
            return parent
    except psutil.Error:
        pass
    return None


def _family_seconds(postmaster: "psutil.Process") -> float:
    times = postmaster.cpu_times()
    total = times.user + times.system + times.children_user + times.children_system
    for child in postmaster.children():
        try:
            own = child.cpu_times()
        except psutil.Error:
            continue
        total += own.user + own.system
    return float(total)
