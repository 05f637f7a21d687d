"""The bench's own PostgreSQL and Valkey: started, killed, and started again as an operator would."""

import os
import signal
import threading
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from chimera.core.errors import InternalError
from chimera.storage.engines.engine import Engine
from chimera.storage.engines.server import EmbeddedServer

_RESTART_SECONDS_MAX = 120.0


class KillableEngine:
    """One embedded engine that stays until `close`, however often it is killed."""

    def __init__(self, engine: Engine, home: Path) -> None:
        self._server = EmbeddedServer(engine, home)
        self._lease = self._server.join()
        self._restarting: threading.Thread | None = None
        self._failure: Exception | None = None

    @property
    def url(self) -> str:
        return self._lease.url

    @property
    def owner_url(self) -> str:
        return self._lease.owner_url

    @property
    def port(self) -> int:
        return urlsplit(self._lease.url).port or 0

    def kill(self, down_seconds: float) -> int | None:
        """Kill -9 its main process and start it again after `down_seconds`; answers the process, None if none ran."""
        pid = self._server.status().pid
        if pid is None or self.restarting:
            return None
        os.kill(pid, signal.SIGKILL)
        self._restarting = threading.Thread(target=self._restart, args=(down_seconds,), daemon=True)
        self._restarting.start()
        return pid

    @property
    def restarting(self) -> bool:
        """Whether it is down.

        Raises:
            InternalError: it could not be started again.
        """
        if self._failure is not None:
            raise InternalError(f"an engine could not be started again: {self._failure}")
        return self._restarting is not None and self._restarting.is_alive()

    def settle(self) -> None:
        """Wait until it is up."""
        if self._restarting is not None:
            self._restarting.join(_RESTART_SECONDS_MAX)
        if self.restarting:
            raise InternalError("an engine did not come up again")

    def close(self) -> None:
        if self._restarting is not None:
            self._restarting.join(_RESTART_SECONDS_MAX)
        self._server.leave(self._lease)

    def _restart(self, down_seconds: float) -> None:
        threading.Event().wait(down_seconds)
        before = self._lease
        try:
            self._lease = self._server.join()
            os.close(before.users.descriptor)
        except Exception as error:  # noqa: BLE001 - told by whoever asks next
            self._failure = error


def through(url: str, port: int) -> str:
    """The url with another port: the way through a proxy."""
    parts = urlsplit(url)
    account = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{account}@{parts.hostname}:{port}"))
