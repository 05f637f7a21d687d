"""How the request at hand (`core/tracing.py`) travels on, and is taken up at the other end.

Over HTTP as `X-Request-ID` and `traceparent`, to MCP tools in `_meta`, to queued tasks and durable workflows beside
their payload, to child processes in the environment.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from chimera.core.identity import RandomBytes
from chimera.core.tracing import RequestScope, current_request, trace_of

CARRIED = "trace"
"""The key of a payload under which a task or a workflow carries its request."""
_PAYLOAD = ("request_id", "traceparent")
_HEADERS = ("x-request-id", "traceparent")
_META = ("chimera/request_id", "traceparent")
_ENVIRONMENT = ("CHIMERA_REQUEST_ID", "TRACEPARENT")


@contextmanager
def traced(scope: RequestScope) -> Iterator[RequestScope]:
    """Everything in this block, and every task begun in it, is for that request."""
    token = current_request.set(scope)
    try:
        yield scope
    finally:
        current_request.reset(token)


def outgoing_headers() -> dict[str, str]:
    """The request at hand, for a call to another process over HTTP; empty where there is none."""
    return _named(_HEADERS)


def outgoing_meta() -> dict[str, str]:
    """The same for an MCP tool."""
    return _named(_META)


def outgoing_environment() -> dict[str, str]:
    """The same for a child process."""
    return _named(_ENVIRONMENT)


def with_trace(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload with the request at hand beside it, where there is one and it carries none yet."""
    carried = _named(_PAYLOAD)
    return dict(payload) if not carried or CARRIED in payload else {**payload, CARRIED: carried}


def without_trace(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload as it was before its request was put beside it."""
    return {name: value for name, value in payload.items() if name != CARRIED}


def taken_up(carried: object, otherwise: UUID, random_bytes: RandomBytes = os.urandom) -> RequestScope:
    """The request that a payload, an MCP `_meta` or an environment carries, under a span of our own; where it carries
    none, one with the id `otherwise`."""
    told = carried if isinstance(carried, Mapping) else {}
    id_name, trace_name = next((names for names in (_PAYLOAD, _META, _ENVIRONMENT) if names[0] in told), _PAYLOAD)
    request_id, traceparent = _uuid(told.get(id_name)), told.get(trace_name)
    trace = trace_of(traceparent if isinstance(traceparent, str) else "", random_bytes)
    return RequestScope(request_id or otherwise, trace)


def _named(names: tuple[str, str]) -> dict[str, str]:
    scope = current_request.get()
    return {} if scope is None else dict(zip(names, (str(scope.request_id), scope.trace.traceparent), strict=True))


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None
