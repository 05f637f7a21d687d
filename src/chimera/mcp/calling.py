"""One call of a tool: its arguments as the operation's documents, its answer or failure as a result."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog
from mcp import MCPError
from mcp_types import INVALID_PARAMS, CallToolResult, TextContent

from chimera.contracts.contract import Contract
from chimera.contracts.error import ErrorEnvelope
from chimera.contracts.exact_json import document_of
from chimera.core.clock import Clock
from chimera.core.errors import ChimeraError, EngineUnavailable, InternalError, RateLimited, ValidationFailed
from chimera.mcp.message import Exchange
from chimera.mcp.tools import IF_MATCH, OperationTool, is_versioned, names_of, tools_of
from chimera.runtime.dispatch.trouble import NO_POSTGRESQL
from chimera.runtime.operations.operation import AnyOperation, Call
from chimera.runtime.operations.tags import tag_of

CALLS_AT_ONCE_MAX = 256
ETAG = "chimera/etag"
"""Under which name a result's `_meta` tells the version of what was read."""

_log = structlog.get_logger(__name__)


class ToolCalls:
    """Every tool of this process, and how it is called."""

    def __init__(self, operations: Sequence[AnyOperation], clock: Clock) -> None:
        self.tools = tools_of(operations)
        self._by_name = names_of(self.tools)
        self._clock = clock
        self._under_way = 0

    async def answer(self, name: str, arguments: Mapping[str, Any], exchange: Exchange) -> CallToolResult:
        """The tool's answer, or section 8's envelope of what it failed with.

        Raises:
            MCPError: there is no such tool.
        """
        found = self._by_name.get(name)
        if found is None:
            raise MCPError(INVALID_PARAMS, f"there is no tool {name[:100]!r}: list them with tools/list")
        try:
            return await self._answer(found, arguments, exchange)
        except Exception as error:  # noqa: BLE001 - the edge: every failure leaves as one envelope
            return self.refusal(error, exchange.request_id)

    def refusal(self, error: Exception, request_id: UUID) -> CallToolResult:
        """The failure as a result that says so."""
        envelope = ErrorEnvelope.of(_expected(error), self._clock, request_id).model_dump(mode="json")
        return CallToolResult(content=[_text(json.dumps(envelope))], structured_content=envelope, is_error=True)

    async def _answer(self, found: OperationTool, arguments: Mapping[str, Any], exchange: Exchange) -> CallToolResult:
        found.operation.admit(exchange.caller)
        asked, call = _documents(found, arguments, exchange)
        if self._under_way >= CALLS_AT_ONCE_MAX:
            raise RateLimited(f"{CALLS_AT_ONCE_MAX} calls are under way already: call again a little later")
        self._under_way += 1
        try:
            answer: Contract = await found.operation(call, asked)
        finally:
            self._under_way -= 1
        return _result(found.operation, answer)


def _documents(found: OperationTool, arguments: Mapping[str, Any], exchange: Exchange) -> tuple[Contract, Call]:
    operation = found.operation
    asked: Contract = document_of(
        {name: value for name, value in arguments.items() if name not in found.beside}, operation.asks
    )
    beside = {name: value for name, value in arguments.items() if name in found.beside - {IF_MATCH}}
    terms = None if operation.terms is None else document_of(beside, operation.terms)
    if_match = arguments.get(IF_MATCH) if is_versioned(operation) else None
    if if_match is not None and not isinstance(if_match, str):
        raise ValidationFailed(f"{IF_MATCH}: must be the etag that was told", {"field": IF_MATCH})
    return asked, Call(exchange.caller, exchange.request_id, terms=terms, if_match=if_match)


def _result(operation: AnyOperation, answer: Contract) -> CallToolResult:
    body = answer.model_dump_json()
    content = [_text(body)]
    tag = tag_of(body.encode()) if operation.tagged else None
    if tag is not None:
        content.append(_text(f"etag: {tag}"))
    return CallToolResult(
        content=[*content],
        structured_content=answer.model_dump(mode="json"),
        meta=None if tag is None else {ETAG: tag},
    )


def _text(words: str) -> TextContent:
    return TextContent(text=words)


def _expected(error: Exception) -> ChimeraError:
    """What is told of it; what nobody expected is logged, and not told."""
    if isinstance(error, ChimeraError):
        return error
    if isinstance(error, NO_POSTGRESQL):
        _log.warning("database_away", problem=str(error))
        return EngineUnavailable("the database does not answer: try again a little later")
    _log.error("tool_failed", exc_info=error)
    return InternalError("something went wrong on our side")
