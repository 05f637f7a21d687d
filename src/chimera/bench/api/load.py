"""Requests over keep-alive connections, as lean as Python allows: what is to be measured is the server."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast

import uvloop

from chimera.core.errors import ToolFailed

ANSWER_SECONDS_MAX = 60.0
_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
BODIES_KEPT = 400
"""Of the last answers."""


class Answers(NamedTuple):
    """What came back. `cpu_seconds` is the client's own."""

    seconds: float
    cpu_seconds: float
    latencies: list[float]
    not_ok: dict[int, int]
    without_mark: int
    bodies: list[bytes]
    first_trouble: bytes


def request_bytes(method: str, path: str, token: str = "", body: bytes = b"") -> bytes:
    """A request for a server on this machine."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + _END + body


def loaded(port: int, requests: Sequence[bytes], connections: int, seconds: float, mark: bytes = b"") -> Answers:
    """Ask over and over until the time is over; each request once if `mark` is given, which every answer must hold.

    Raises:
        ToolFailed: a connection broke.
    """
    return uvloop.run(_loaded(port, requests, connections, seconds, mark))


async def _loaded(port: int, requests: Sequence[bytes], connections: int, seconds: float, mark: bytes) -> Answers:
    loop = asyncio.get_running_loop()
    told = Answers(0.0, 0.0, [], {}, 0, [], b"")
    work = _Work(iter(requests) if mark else _again(requests), mark)
    talks = [
        (await loop.create_connection(lambda: _Talk(work, loop), "127.0.0.1", port))[1] for _ in range(connections)
    ]
    began_at, cpu_before = time.perf_counter(), time.process_time()
    work.until = began_at + seconds
    for talk in talks:
        talk.ask()
    async with asyncio.timeout(seconds + ANSWER_SECONDS_MAX):
        await asyncio.gather(*(talk.ended for talk in talks))
    took, cpu = time.perf_counter() - began_at, time.process_time() - cpu_before
    return told._replace(
        seconds=took,
        cpu_seconds=cpu,
        latencies=work.latencies,
        not_ok=work.not_ok,
        without_mark=work.without_mark,
        bodies=work.bodies[-BODIES_KEPT:],
        first_trouble=work.first_trouble,
    )


def _again(requests: Sequence[bytes]) -> Iterator[bytes]:
    while True:
        yield from requests


class _Work:
    """What all connections share."""

    def __init__(self, requests: Iterator[bytes], mark: bytes) -> None:
        self.requests = requests
        self.mark = mark
        self.until = 0.0
        self.latencies: list[float] = []
        self.not_ok: dict[int, int] = {}
        self.without_mark = 0
        self.bodies: list[bytes] = []
        self.first_trouble = b""

    def answered(self, status: int, body: bytes, seconds: float) -> None:
        self.latencies.append(seconds)
        if status != 200:
            self.not_ok[status] = self.not_ok.get(status, 0) + 1
        elif self.mark not in body:
            self.without_mark += 1
        elif self.mark:
            self.bodies.append(body)
            return
        else:
            return
        self.first_trouble = self.first_trouble or body[:500]


class _Talk(asyncio.Protocol):
    """One connection: a request, its whole answer, the next request."""

    def __init__(self, work: _Work, loop: asyncio.AbstractEventLoop) -> None:
        self.ended: asyncio.Future[None] = loop.create_future()
        self._work = work
        self._received = b""
        self._asked_at = 0.0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class

    def ask(self) -> None:
        self._asked_at = time.perf_counter()
        request = next(self._work.requests, None) if self._asked_at < self._work.until else None
        if request is None:
            self.ended.set_result(None)
            self._transport.close()
            return
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_end = self._received.find(_END)
        if head_end < 0:
            return
        whole = head_end + 4 + content_length(self._received[:head_end])
        if len(self._received) < whole:
            return
        status, body = int(self._received[9:12]), self._received[head_end + 4 : whole]
        self._received = b""
        self._work.answered(status, body, time.perf_counter() - self._asked_at)
        self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(ToolFailed(f"the server closed a connection ({exc})"))


def content_length(head: bytes) -> int:
    """Of an answer's head; an answer without one has no body."""
    lowered = head.lower()
    found = lowered.find(_LENGTH)
    if found < 0:
        return 0
    return int(lowered[found + len(_LENGTH) :].split(b"\r\n", 1)[0])
