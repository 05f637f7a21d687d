"""A proxy between one process and one engine, so that their network can be cut, or swallow everything, for a while."""

import select
import socket
import threading
import time
from contextlib import suppress

from chimera.storage.engines.port import LOOPBACK

_BYTES = 65_536
_TICK_SECONDS = 0.2
_RESET = b"\x01\x00\x00\x00\x00\x00\x00\x00"
"""SO_LINGER switched on with no time: closing answers with a reset."""


class Proxy:
    """Passes connections on to a local port, which may change. All methods return at once; `close` ends it."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self._listener = socket.create_server((LOOPBACK, 0))
        self._listener.settimeout(_TICK_SECONDS)
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._ends: set[socket.socket] = set()
        self._refuse_until = 0.0
        self._swallow_until = 0.0
        self._closed = False
        threading.Thread(target=self._accept, name=f"proxy-{self.port}", daemon=True).start()

    def cut(self, seconds: float) -> None:
        """Reset every connection, and refuse new ones for so long."""
        self._refuse_until = time.monotonic() + seconds
        self._drop_all()

    def silence(self, seconds: float) -> None:
        """Swallow for so long whatever is sent either way; then the connections are reset, since bytes are missing."""
        self._swallow_until = time.monotonic() + seconds

    def close(self) -> None:
        self._closed = True
        self._listener.close()
        self._drop_all()

    def _drop_all(self) -> None:
        with self._lock:
            ends = list(self._ends)
        for end in ends:
            _reset(end)

    def _accept(self) -> None:
        while not self._closed:
            try:
                near, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            if time.monotonic() < self._refuse_until:
                _reset(near)
                near.close()
                continue
            threading.Thread(target=self._pass, args=(near,), name=f"proxy-{self.port}", daemon=True).start()

    def _pass(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection((LOOPBACK, self.target_port), timeout=5)
        except OSError:
            _reset(near)
            near.close()
            return
        pair = {near: far, far: near}
        with self._lock:
            self._ends |= pair.keys()
        try:
            for end in pair:
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                end.settimeout(10)
            self._pump(pair)
        except (OSError, ValueError):
            pass
        finally:
            with self._lock:
                self._ends -= pair.keys()
            for end in pair:
                end.close()

    def _pump(self, pair: dict[socket.socket, socket.socket]) -> None:
        swallowed = False
        while not self._closed:
            silent = time.monotonic() < self._swallow_until
            if swallowed and not silent:
                for end in pair:
                    _reset(end)
                return
            ready, _, _ = select.select(list(pair), [], [], _TICK_SECONDS)
            for end in ready:
                data = end.recv(_BYTES)
                if not data:
                    return
                if time.monotonic() < self._swallow_until:
                    swallowed = True
                else:
                    pair[end].sendall(data)


def _reset(end: socket.socket) -> None:
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        end.shutdown(socket.SHUT_RDWR)
