"""The treasury's HTTP door on a real socket, and a wire that can be cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from chimera.api.app import create_app
from chimera.api.server import bind, serve
from chimera.api.treasury_door import OpenTreasury, TreasuryDoor
from chimera.contracts.health import Health, HealthComponents
from chimera.core.clock import Clock
from chimera.core.vocabulary import ComponentHealth
from chimera.platforms.local_channel.channel import LocalChannel
from chimera.runtime.operations.approving import approving_operations
from chimera.security.gate import Gate

CHUNK_BYTES = 64 * 1024


@asynccontextmanager
async def http_door(treasury: OpenTreasury, clock: Clock, home: Path, gate: Gate) -> AsyncIterator[str]:
    """The address at which `treasury` is asked, by those whom `gate` knows."""

    async def health() -> Health:
        well = ComponentHealth.HEALTHY
        components = HealthComponents(database=well, redis=well, mcp_layer=well, agents={})
        return Health(status=well, components=components, timestamp=clock.now())

    door = TreasuryDoor(treasury, gate)
    app = create_app(
        LocalChannel(home / "channel"),
        health,
        clock,
        frozenset({"127.0.0.1"}),
        door,
        operations=approving_operations(treasury),
        gate=gate,
    )
    listener = bind("127.0.0.1", 0)
    serving = asyncio.create_task(serve(app, listener))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


class CutWire:
    """A TCP proxy that swallows the first `answers_lost` answers and hangs up instead: what was asked was done."""

    def __init__(self, address: str, answers_lost: int) -> None:
        self._host, self._port = "127.0.0.1", int(address.rpartition(":")[2])
        self.answers_lost = answers_lost
        self.lost: list[bytes] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            await server.wait_closed()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection(self._host, self._port)
        forward = asyncio.create_task(_pour(reader, upstream_writer))
        try:
            while answer := await upstream_reader.read(CHUNK_BYTES):
                if len(self.lost) < self.answers_lost:
                    self.lost.append(answer)
                    return
                writer.write(answer)
                await writer.drain()
        finally:
            forward.cancel()
            await asyncio.gather(forward, return_exceptions=True)
            for stream in (writer, upstream_writer):
                stream.close()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK_BYTES):
        writer.write(data)
        await writer.drain()
