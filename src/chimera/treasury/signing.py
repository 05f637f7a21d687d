"""Signs the documents of a batch: here, or, while many wait, in a process beside this one, on another core.

The process is a child that holds the key in its memory and reads documents from a socket; it ends with its parent.
Where it can't be had or fails, the documents are signed here: slower, and the same bytes.
"""

import contextlib
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from nacl.bindings import crypto_sign

from chimera.security.decision_signature import DOMAIN

APART_MIN = 128
"""Batches of fewer documents are signed here: sending them would take longer."""
ANSWER_SECONDS_MAX = 30.0
SIGNATURE_BYTES = 64
SIGNING_MODULE = "chimera.treasury.signing"
_SOCKET_BYTES = 4 * 1024 * 1024
_COUNT = struct.Struct("!II")
_LENGTH = struct.Struct("!I")

_log = structlog.get_logger(__name__)


def sign_here(documents: Sequence[bytes], secret: bytes) -> list[bytes]:
    """The raw Ed25519 signature of each document behind `DOMAIN`."""
    return [crypto_sign(DOMAIN + document, secret)[:SIGNATURE_BYTES] for document in documents]


@dataclass(slots=True)
class Signing:
    """Documents whose signatures are made or on their way; `place` counts what was sent apart."""

    documents: Sequence[bytes]
    signatures: list[bytes] | None
    place: int = 0


class Signer:
    """Holds the CFO's secret. `begin` and `finish` may be called by two threads, each by one only."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._apart: _Apart | None = None
        self._failed = False

    def begin(self, documents: Sequence[bytes], *, ahead: bool) -> Signing:
        """Sign, or have signed; only what is `ahead` of its turn goes apart."""
        if ahead and len(documents) >= APART_MIN and (apart := self._opened()):
            try:
                return Signing(documents, None, apart.send(documents))
            except OSError as failure:
                self._give_up(failure)
        return Signing(documents, sign_here(documents, self._secret))

    def finish(self, signing: Signing) -> list[bytes]:
        """The signatures, in the order of the documents."""
        if signing.signatures is None:
            apart = self._apart
            try:
                if apart is None:
                    raise ConnectionError("the signing process is gone")
                signing.signatures = apart.receive(signing.place, len(signing.documents))
            except OSError as failure:
                self._give_up(failure)
                signing.signatures = sign_here(signing.documents, self._secret)
        return signing.signatures

    def close(self) -> None:
        """End the process beside."""
        if self._apart is not None:
            self._apart.close()
            self._apart = None

    def _opened(self) -> "_Apart | None":
        if self._apart is None and not self._failed:
            try:
                self._apart = _Apart(self._secret)
            except OSError as failure:
                self._give_up(failure)
        return self._apart

    def _give_up(self, failure: OSError) -> None:
        _log.warning("signing_apart_failed", error=repr(failure))
        self._failed = True
        self.close()


class _Apart:
    """The child and its socket; answers come in the order of what was sent."""

    def __init__(self, secret: bytes) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            for end in (ours, theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BYTES)
                end.settimeout(ANSWER_SECONDS_MAX)
            self._socket = ours
            self._process = subprocess.Popen(
                [sys.executable, "-m", SIGNING_MODULE, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,
            )
        self._socket.sendall(secret)
        self._sent = 0
        self._received = 0
        self._counts: dict[int, int] = {}

    def send(self, documents: Sequence[bytes]) -> int:
        """Ask for signatures; answers the place under which they are received."""
        place = self._sent
        self._counts[place] = len(documents)
        self._sent += 1
        lengths = b"".join([_LENGTH.pack(len(document)) for document in documents])
        body = b"".join(documents)
        self._socket.sendall(b"".join((_COUNT.pack(len(documents), len(body)), lengths, body)))
        return place

    def receive(self, place: int, count: int) -> list[bytes]:
        """The signatures at `place`; those of earlier places that nobody asked for are dropped."""
        while self._received < place:
            _read(self._socket, self._counts.pop(self._received) * SIGNATURE_BYTES)
            self._received += 1
        content = _read(self._socket, count * SIGNATURE_BYTES)
        del self._counts[place]
        self._received += 1
        return [content[at : at + SIGNATURE_BYTES] for at in range(0, len(content), SIGNATURE_BYTES)]

    def close(self) -> None:
        self._socket.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(ANSWER_SECONDS_MAX)


def _read(connection: socket.socket, size: int) -> bytes:
    parts: list[bytes] = []
    while size:
        part = connection.recv(min(size, _SOCKET_BYTES))
        if not part:
            raise ConnectionError("the signing process ended")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _serve(descriptor: int) -> None:
    """The child: sign whatever comes until the parent is gone."""
    with socket.socket(fileno=descriptor) as connection, contextlib.suppress(ConnectionError):
        connection.settimeout(None)
        secret = _read(connection, SIGNATURE_BYTES)
        while True:
            count, size = _COUNT.unpack(_read(connection, _COUNT.size))
            lengths = [length for (length,) in _LENGTH.iter_unpack(_read(connection, count * _LENGTH.size))]
            body = _read(connection, size)
            documents, start = [], 0
            for length in lengths:
                documents.append(body[start : start + length])
                start += length
            connection.sendall(b"".join(sign_here(documents, secret)))


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
