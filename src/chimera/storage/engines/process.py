"""Engine processes: started in their own session as the right user, recognised by their mark, ended within bounds."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from chimera.storage.engines.account import Account

_POLL_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Launch:
    """How to execute an engine. Only the descriptors in `inherited` reach it, and a bare environment."""

    arguments: Sequence[str]
    folder: Path
    account: Account | None
    log: int
    inherited: tuple[int, ...] = ()
    stdin: bytes = b""


def spawn(launch: Launch) -> subprocess.Popen[bytes]:
    """Start a program in its own session, so that no Ctrl-C of our terminal reaches it."""
    reader, writer = os.pipe()
    try:
        os.write(writer, launch.stdin)
    finally:
        os.close(writer)
    try:
        return subprocess.Popen(
            launch.arguments,
            cwd=launch.folder,
            stdin=reader,
            stdout=launch.log,
            stderr=launch.log,
            env={"LC_ALL": "C", "PATH": os.defpath, "TZ": "UTC"},
            pass_fds=launch.inherited,
            start_new_session=True,
            umask=0o077,
            user=launch.account.uid if launch.account else None,
            group=launch.account.gid if launch.account else None,
            extra_groups=[] if launch.account else None,
        )
    finally:
        os.close(reader)


@contextmanager
def opened_folder(folder: Path) -> Iterator[int]:
    """A descriptor of the folder, for children to inherit."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def reap_in_background(child: subprocess.Popen[bytes]) -> None:
    """Collect the exit status whenever it comes, so that a dead engine is never a zombie of ours."""
    threading.Thread(target=child.wait, name=f"reap-{child.pid}", daemon=True).start()


def find_process(pid: int, names: frozenset[str], mark: str) -> psutil.Process | None:
    """The living process `pid` if it is the engine of this home, and not a stranger that got its number."""
    try:
        process = psutil.Process(pid)
        return process if _is_marked(process, names, mark) else None
    except psutil.Error:
        return None


def find_orphans(names: frozenset[str], mark: str) -> list[psutil.Process]:
    """Marked engines of this home, parents only; found by looking at every process."""
    found = {}
    for process in psutil.process_iter():
        try:
            if _is_marked(process, names, mark):
                found[process.pid] = process
        except psutil.Error:
            continue
    return [process for process in found.values() if _parent(process) not in found]


def is_alive(process: psutil.Process) -> bool:
    """Whether it still runs; a zombie does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def end(process: psutil.Process, steps: Sequence[tuple[signal.Signals, float]]) -> bool:
    """Send each signal and wait its seconds, gentlest first, until the process is gone; False if it never goes."""
    for number, seconds in steps:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            return True
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not is_alive(process):
                return True
            time.sleep(_POLL_SECONDS)
    return not is_alive(process)


def _is_marked(process: psutil.Process, names: frozenset[str], mark: str) -> bool:
    """By name and command line, which any user may read: `/proc/<pid>/exe` is closed to root in many containers."""
    if process.name() not in names or process.status() == psutil.STATUS_ZOMBIE:
        return False
    return any(mark in argument for argument in process.cmdline())


def _parent(process: psutil.Process) -> int:
    try:
        return int(process.ppid())
    except psutil.Error:
        return 0
