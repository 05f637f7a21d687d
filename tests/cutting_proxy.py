"""A proxy before PostgreSQL that reads the protocol of the writer's connections, and cuts them where it is told."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

_WRITER = b"idle_in_transaction_session_timeout"
"""Only the writer's connections are opened with this option."""

Cut = Callable[[str], bool]
"""Told of each message of a writer's connection by name, before it is passed on; True cuts the connection."""


@dataclass
class CuttingProxy:
    host: str
    port: int
    cut: Cut = lambda _name: False
    cuts: int = 0
    statements: set[bytes] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(self.host, self.port)
        ends = (writer, there_writer)
        try:
            length = await reader.readexactly(4)
            start = length + await reader.readexactly(struct.unpack("!i", length)[0] - 4)
            there_writer.write(start)
            watched = _WRITER in start
            named: set[bytes] = set()
            up = self._pass(reader, there_writer, "up", watched, named)
            down = self._pass(there_reader, writer, "down", watched, named)
            for done in asyncio.as_completed([up, down]):
                await done
                break
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            for end in ends:
                end.transport.abort()

    async def _pass(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, way: str, watched: bool, named: set[bytes]
    ) -> None:
        try:
            while True:
                head = await source.readexactly(5)
                body = await source.readexactly(struct.unpack("!i", head[1:])[0] - 4)
                if watched and self.cut(f"{way}:{_name(head[:1], body, named)}"):
                    self.cuts += 1
                    return
                target.write(head + body)
                await target.drain()
        except (OSError, asyncio.IncompleteReadError):
            return


def _name(kind: bytes, body: bytes, commits: set[bytes]) -> str:
    """`COMMIT` for what asks for it or answers it, otherwise the message's letter; a prepared COMMIT is known again."""
    parts = body.split(b"\x00")
    if kind == b"P" and parts[1] == b"COMMIT":
        commits.add(parts[0])
    if kind == b"B" and parts[1] in commits:
        return "COMMIT"
    if kind in b"QC" and parts[0] == b"COMMIT":
        return "COMMIT"
    return kind.decode()


def nth(name: str, count: int) -> Cut:
    """Cut once, at the message of this name (`up` or `down` for any of that way) for the count-th time."""
    seen = 0

    def cut(found: str) -> bool:
        nonlocal seen
        seen += found == name or found.startswith(f"{name}:")
        matches = found == name or found.startswith(f"{name}:")
        return matches and seen == count

    return cut


@asynccontextmanager
async def cutting_proxy(url: str) -> AsyncIterator[tuple[CuttingProxy, str]]:
    """The proxy before the server of `url`, and the url that leads through it."""
    parts = urlsplit(url)
    proxy = CuttingProxy(parts.hostname or "127.0.0.1", parts.port or 5432)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    account = parts.netloc.rpartition("@")[0]
    netloc = f"{account}@127.0.0.1:{port}" if account else f"127.0.0.1:{port}"
    async with server:
        yield (
            proxy,
            urlunsplit(
                parts._replace(netloc=netloc, query=f"{parts.query}&sslmode=disable&gssencmode=disable".lstrip("&"))
            ),
        )
