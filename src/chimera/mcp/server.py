"""The SDK's server over the tools: what a caller may call is listed, and every message is of whom it says."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp_types import (
    INVALID_REQUEST,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
)

import chimera
from chimera.core.clock import Clock
from chimera.core.errors import ChimeraError
from chimera.core.identity import new_id
from chimera.mcp.calling import ToolCalls
from chimera.mcp.message import Exchange
from chimera.runtime.operations.operation import AnyOperation

Identify = Callable[[ServerRequestContext[Any]], Awaitable[Exchange]]
"""Whose message it is."""
_INSTRUCTIONS = (
    "Chimera finds rising trends, writes briefs, asks its CFO for every cent, and produces and publishes short videos. "
    "The usual way: scout_analyze, then director_create_brief with a trend_id, then artist_produce with the brief_id, "
    "then tasks_get with the task_id until its state is done. cfo_approve is for spending of your own. A failure is a "
    "result with isError and a document {error: {code, message, details}} whose message says what to do."
)


def mcp_server(operations: Sequence[AnyOperation], clock: Clock, identify: Identify) -> Server[Any]:
    """The server that every transport drives."""
    calls = ToolCalls(operations, clock)

    async def list_tools(context: ServerRequestContext[Any], _params: PaginatedRequestParams | None) -> ListToolsResult:
        try:
            caller = (await identify(context)).caller
        except ChimeraError as failure:
            raise MCPError(INVALID_REQUEST, failure.message, {"code": failure.code}) from failure
        listed = [found.tool for found in calls.tools.values() if found.may_call(caller)]
        return ListToolsResult(tools=listed, ttl_ms=0, cache_scope="private")

    async def call_tool(context: ServerRequestContext[Any], params: CallToolRequestParams) -> CallToolResult:
        try:
            exchange = await identify(context)
        except ChimeraError as failure:
            return calls.refusal(failure, new_id(clock))
        arguments = exchange.arguments if exchange.arguments is not None else params.arguments or {}
        return await calls.answer(params.name, arguments, exchange)

    return Server(
        "chimera",
        version=chimera.__version__,
        title="Chimera",
        instructions=_INSTRUCTIONS,
        get_tool_input_schema=lambda _name: None,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
