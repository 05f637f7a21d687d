"""MCP over HTTP, streamable and without sessions: every POST is whole, answered as JSON, and its token's alone.

The SDK is loaded when the first message comes.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from chimera.core.background import beside
from chimera.core.clock import Clock
from chimera.core.identity import new_id
from chimera.core.tracing import current_request
from chimera.mcp.message import Exchange, NoMessage, arguments_of, message_bytes_max, read_message
from chimera.runtime.operations.operation import AnyOperation
from chimera.security.permissions import Caller

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

PATH = "/mcp"
_EXCHANGE = "chimera.exchange"


class HttpFace:
    """The tools for callers who are known already, one message at a time."""

    def __init__(self, operations: Sequence[AnyOperation], clock: Clock) -> None:
        self._operations = tuple(operations)
        self._clock = clock
        self._wanted = asyncio.Event()
        self._manager: asyncio.Future[StreamableHTTPSessionManager] = asyncio.get_running_loop().create_future()
        self.body_bytes_max = message_bytes_max(self._operations)

    async def answer(self, caller: Caller, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the message in `body`; `receive` only tells when its sender has gone."""
        try:
            message = read_message(body)
        except NoMessage as refused:
            await Response(refused.body, 400, media_type="application/json")(scope, receive, send)
            return
        bound = current_request.get()
        request_id = bound.request_id if bound is not None else new_id(self._clock)
        self._wanted.set()
        manager = await asyncio.shield(self._manager)
        scope = {**scope, _EXCHANGE: Exchange(caller, request_id, arguments_of(message))}
        await manager.handle_request(scope, _whole(body, receive), send)

    async def keep(self) -> None:
        """Have the SDK's manager at work from the first message on."""
        await self._wanted.wait()
        try:
            manager = await asyncio.to_thread(_manager, self._operations, self._clock)
        except Exception as error:  # noqa: BLE001 - whoever waits for it is told
            self._manager.set_exception(error)
            return
        async with manager.run():
            self._manager.set_result(manager)
            await asyncio.Event().wait()


@asynccontextmanager
async def open_http_face(operations: Sequence[AnyOperation], clock: Clock) -> AsyncIterator[HttpFace]:
    """The face; what it has under way ends with the block."""
    face = HttpFace(operations, clock)
    async with beside(face.keep(), "mcp over http"):
        yield face


def _manager(operations: Sequence[AnyOperation], clock: Clock) -> "StreamableHTTPSessionManager":
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from chimera.mcp.server import mcp_server

    server = mcp_server(operations, clock, _exchange_of)
    return StreamableHTTPSessionManager(server, json_response=True, stateless=True)


async def _exchange_of(context: "ServerRequestContext[Any]") -> Exchange:
    exchange: Exchange = context.request.scope[_EXCHANGE]  # type: ignore[union-attr]
    return exchange


def _whole(body: bytes, receive: Receive) -> Receive:
    """`receive` of a request whose body was read already."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
