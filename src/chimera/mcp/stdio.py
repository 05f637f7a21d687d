"""MCP over stdin and stdout, a message a line: bounded lines, and nobody else's bytes between them.

The descriptors are taken away from the process first: whoever else reads 0 reads nothing, what is printed to 1 goes to
stderr.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.server.context import ServerRequestContext
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter
from pydantic import ValidationError

from chimera.core.background import beside
from chimera.core.clock import Clock
from chimera.core.errors import ValidationFailed
from chimera.core.identity import new_id
from chimera.core.tracing import RequestScope, current_request, trace_of
from chimera.mcp.login import Login
from chimera.mcp.message import INVALID_REQUEST, Exchange, NoMessage, message_bytes_max, read_message
from chimera.mcp.server import mcp_server
from chimera.runtime.operations.operation import AnyOperation

Received = SessionMessage | Exception


@dataclass(frozen=True, slots=True)
class Wire:
    """The descriptors of the protocol."""

    received: int
    sent: int


def take_wire() -> Wire:
    """The process's stdin and stdout, which from now on nobody else can reach."""
    wire = Wire(os.dup(0), os.dup(1))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return wire


async def serve_stdio(operations: Sequence[AnyOperation], clock: Clock, login: Login, wire: Wire) -> None:
    """Answer the one client behind the wire until it closes its side.

    Raises:
        ValidationFailed: the wire is a file.
    """

    async def identify(_context: ServerRequestContext[Any]) -> Exchange:
        request_id = new_id(clock)
        current_request.set(RequestScope(request_id, trace_of("")))
        return Exchange(await login.caller(), request_id)

    server = mcp_server(operations, clock, identify)
    reader, writer = await _open(wire, message_bytes_max(tuple(operations)))
    try:
        async with _streams(reader, writer) as (received, sent):
            await server.run(received, sent, server.create_initialization_options())
    finally:
        writer.close()


async def _open(wire: Wire, line_bytes_max: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=line_bytes_max)
    try:
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(wire.received, "rb", 0))
        transport, protocol = await loop.connect_write_pipe(
            lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), os.fdopen(wire.sent, "wb", 0)
        )
    except ValueError as error:
        raise ValidationFailed("stdin and stdout must be pipes: let an MCP client start this command") from error
    return reader, asyncio.StreamWriter(transport, protocol, None, loop)


@asynccontextmanager
async def _streams(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> AsyncIterator[tuple[MemoryObjectReceiveStream[Received], MemoryObjectSendStream[SessionMessage]]]:
    """Messages in and out; what is no message is answered here."""
    into, received = anyio.create_memory_object_stream[Received](0)
    sent, out = anyio.create_memory_object_stream[SessionMessage](0)
    lines = _Lines(writer)
    async with (
        beside(_read(reader, into, lines), "mcp messages in"),
        beside(_write(out, lines), "mcp messages out"),
    ):
        yield received, sent


class _Lines:
    """Lines out, one at a time."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._turn = asyncio.Lock()

    async def write(self, line: bytes) -> None:
        async with self._turn:
            self._writer.write(line + b"\n")
            await self._writer.drain()


async def _read(reader: asyncio.StreamReader, into: MemoryObjectSendStream[Received], lines: _Lines) -> None:
    async with into:
        while True:
            try:
                if (line := await _line(reader)) is None:
                    return
                message = _message(line)
            except NoMessage as refused:
                await lines.write(refused.body)
                continue
            if message is not None:
                await into.send(message)


async def _write(out: MemoryObjectReceiveStream[SessionMessage], lines: _Lines) -> None:
    async with out:
        async for sent in out:
            await lines.write(sent.message.model_dump_json(by_alias=True, exclude_unset=True).encode())


async def _line(reader: asyncio.StreamReader) -> bytes | None:
    """The next line; None at the end.

    Raises:
        NoMessage: it was too long, and read to its end without being kept.
    """
    skipped = 0
    while True:
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as ended:
            line = ended.partial
        except asyncio.LimitOverrunError as overrun:
            skipped += len(await reader.readexactly(overrun.consumed))
            continue
        if skipped:
            raise NoMessage(INVALID_REQUEST, "the line is too long: shorten it")
        return line or None


def _message(line: bytes) -> SessionMessage | None:
    """The message on the line; None on an empty one.

    Raises:
        NoMessage: there is none on it.
    """
    if not line.strip():
        return None
    document = read_message(line)
    try:
        return SessionMessage(jsonrpc_message_adapter.validate_python(document, by_name=False))
    except ValidationError as error:
        raise NoMessage(INVALID_REQUEST, "the line is no JSON-RPC message") from error
