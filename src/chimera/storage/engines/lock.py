"""Advisory file locks (flock): the kernel drops them when their holder dies, however it dies, so none goes stale."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chimera.core.errors import EngineUnavailable
from chimera.storage.engines.account import give_to_owner

_POLL_SECONDS = 0.01


class FileLock:
    """One open lock file. Children inherit it only when its descriptor is passed on by name."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        give_to_owner(self.descriptor, path.parent)

    def try_exclusive(self) -> bool:
        """Take it alone if nobody else holds it."""
        return self._try(fcntl.LOCK_EX)

    def try_shared(self) -> bool:
        """Take it together with others if nobody holds it alone."""
        return self._try(fcntl.LOCK_SH)

    def close(self) -> None:
        """Let go, unless a child that inherited the descriptor still lives."""
        os.close(self.descriptor)

    def _try(self, mode: int) -> bool:
        try:
            fcntl.flock(self.descriptor, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def guarded(path: Path, seconds_max: float) -> Iterator[None]:
    """Be the only one inside, on this machine.

    Raises:
        EngineUnavailable: somebody else stayed inside longer than `seconds_max`.
    """
    lock = FileLock(path)
    try:
        deadline = time.monotonic() + seconds_max
        while not lock.try_exclusive():
            if time.monotonic() > deadline:
                raise EngineUnavailable(
                    f"another process has been starting or stopping the engines for {seconds_max:.0f} s ({path}): "
                    "see `chimera engines status`, end that process and try again"
                )
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        lock.close()


def is_held(path: Path) -> bool:
    """Whether anybody holds the lock; ask only inside the guard, since asking takes it for a moment."""
    if not path.exists():
        return False
    lock = FileLock(path)
    try:
        return not lock.try_exclusive()
    finally:
        lock.close()
