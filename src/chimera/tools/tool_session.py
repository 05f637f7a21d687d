"""The MCP session with the local tool server: our child process, started again whenever it was lost.

The session is entered and left by one task, since its cancel scopes belong to the task that opened them.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import anyio
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp_types import CONNECTION_CLOSED, REQUEST_TIMEOUT, RequestParamsMeta

import chimera
from chimera.core.errors import EngineUnavailable, ToolFailed
from chimera.telemetry import metrics
from chimera.telemetry.trace import outgoing_meta
from chimera.tools.tool_failure import failure_of
from chimera.tools.tool_server import ServerCommand, SessionLost

TROUBLES_MAX = 4
"""After so many in a row that ended early or did not start, callers are told; it is tried again after a rest."""
STEADY_SECONDS = 20.0
"""A server that lived so long has left what troubled the ones before it behind."""
REST_SECONDS = 10.0
_PAUSE_SECONDS = 0.2
START_SECONDS_MAX = 30.0
CALL_SECONDS_MAX = 15.0
CLOSE_SECONDS_MAX = 15.0
_LOST_CODES = {CONNECTION_CLOSED, REQUEST_TIMEOUT}


class ToolSession:
    """One server at a time; `call` waits for it, and reports when it was lost."""

    def __init__(self, command: ServerCommand) -> None:
        self._command = command
        self._client: Client | None = None
        self._failure: EngineUnavailable | None = None
        self._changed = asyncio.Condition()
        self._lost = asyncio.Event()
        self._closing = asyncio.Event()
        self._opened_at: float | None = None

    async def keep(self) -> None:
        """Hold a session open until `close`, opening another each time one is lost."""
        troubles, clock = 0, asyncio.get_running_loop().time
        while not self._closing.is_set():
            failure = await self._held()
            lived = 0.0 if self._opened_at is None else clock() - self._opened_at
            troubles = 1 if lived >= STEADY_SECONDS else min(troubles + 1, TROUBLES_MAX)
            if troubles == TROUBLES_MAX:
                ended = f"ended {troubles} times" if failure is None else f"does not start ({failure})"
                await self._set(None, f"the local tool server {ended}")
            await self._pause(REST_SECONDS if troubles == TROUBLES_MAX else _PAUSE_SECONDS)
        await self._set(None, "the local tool server was closed")

    async def _held(self) -> str | None:
        """Hold one session until it is lost; answers why it did not open, None if it did."""
        self._opened_at = None
        try:
            await self._hold_one()
        except (OSError, MCPError, ExceptionGroup) as error:
            if self._opened_at is None:
                return _first(error)
        finally:
            await self._set(None, None)
        return None

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    async def _hold_one(self) -> None:
        self._command.log.parent.mkdir(parents=True, exist_ok=True)
        with self._command.log.open("a", encoding="utf-8") as log:
            transport = stdio_client(_parameters(self._command), errlog=log)
            self._lost.clear()
            async with Client(transport, read_timeout_seconds=START_SECONDS_MAX) as client:
                self._opened_at = asyncio.get_running_loop().time()
                await self._set(client, None)
                if not self._closing.is_set():
                    await self._lost.wait()
                await self._set(None, None)

    async def _set(self, client: Client | None, trouble: str | None) -> None:
        async with self._changed:
            self._client = client
            if client is not None:
                self._failure = None
            if trouble is not None:
                self._failure = EngineUnavailable(f"{trouble}: see {self._command.log} and `chimera doctor`")
            self._changed.notify_all()

    async def connected(self) -> Client:
        """The present session, waiting for it to open.

        Raises:
            EngineUnavailable: the server can't be started, or not in time.
        """
        try:
            async with asyncio.timeout(START_SECONDS_MAX), self._changed:
                await self._changed.wait_for(lambda: self._client is not None or self._failure is not None)
        except TimeoutError as error:
            raise EngineUnavailable(f"the local tool server does not answer: see {self._command.log}") from error
        if self._client is None:
            raise self._failure or EngineUnavailable("the local tool server is closed")
        return self._client

    async def call(self, name: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        """The structured answer of one tool call.

        Raises:
            SessionLost: the server went away or hangs.
            ChimeraError: what the tool answered, or that the server can't be started.
        """
        client = await self.connected()
        try:
            result = await client.call_tool(
                name,
                dict(arguments),
                read_timeout_seconds=CALL_SECONDS_MAX,
                meta=cast("RequestParamsMeta", outgoing_meta()),
            )
        except MCPError as error:
            if error.code in _LOST_CODES:
                await self._drop(client)
                metrics.tool_answered(name, "lost")
                raise SessionLost from error
            raise ToolFailed(f"the tool server refused {name}: {error.message}", {"tool": name}) from error
        except (anyio.ClosedResourceError, anyio.BrokenResourceError) as error:
            await self._drop(client)
            raise SessionLost from error
        document = result.structured_content
        if not isinstance(document, dict):
            raise ToolFailed(f"the tool server's answer to {name} is no document", {"tool": name})
        metrics.tool_answered(name, "failed" if result.is_error else "completed")
        if result.is_error:
            raise failure_of(document.get("error") or {})
        return document

    async def answers(self) -> bool:
        """Whether the server can be started and answers; one that does not is replaced."""
        try:
            client = await self.connected()
        except EngineUnavailable:
            return False
        try:
            await client.list_tools()
        except (MCPError, anyio.ClosedResourceError, anyio.BrokenResourceError):
            await self._drop(client)
            return False
        return True

    async def _drop(self, client: Client) -> None:
        if self._client is client:
            await self._set(None, None)
            self._lost.set()

    async def close(self, keeper: "asyncio.Task[None]") -> None:
        """End the session and its server, and wait for both."""
        self._closing.set()
        self._lost.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS_MAX):
                await asyncio.shield(keeper)
        if not keeper.done():
            keeper.cancel()
            await asyncio.wait([keeper], timeout=CLOSE_SECONDS_MAX)


def _parameters(command: ServerCommand) -> StdioServerParameters:
    tools = [f"--tool={name}={function}" for name, function in command.functions.items()]
    package_root = Path(chimera.__file__).parent.parent
    return StdioServerParameters(
        command=sys.executable,
        args=[
            *("-m", "chimera.tools.local.server", f"--root={command.root}"),
            *(f"--parallel={command.parallel_max}", f"--limit-seconds={command.limit_seconds:g}", *tools),
        ],
        env={
            "PYTHONPATH": os.pathsep.join(str(path) for path in (package_root, *command.python_path)),
            "PYTHONUTF8": "1",
            **({"CHIMERA_LOG_LEVEL": level} if (level := os.environ.get("CHIMERA_LOG_LEVEL")) else {}),
        },
    )


def _first(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__


async def server_answers(command: ServerCommand) -> bool:
    """Whether the tool server can be started now and lists its tools; it is ended again."""
    session = ToolSession(command)
    keeper = asyncio.create_task(session.keep(), name="local tool server probe")  # ended and awaited by close()
    try:
        return await session.answers()
    finally:
        await session.close(keeper)
