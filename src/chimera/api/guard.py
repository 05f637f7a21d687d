"""What stands before every request: known hosts only, bounded headers, an id and a place in a trace; and headers that
keep a page to itself on every answer."""

import re
from uuid import UUID

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chimera.api.errors import HeadersTooLarge, render, rendered
from chimera.core.clock import Clock
from chimera.core.errors import ChimeraError, Forbidden
from chimera.core.identity import StockedBytes, new_id
from chimera.core.tracing import RequestScope, current_request, trace_of

HEADER_BYTES_MAX = 16 * 1024
"""The address and all headers together."""
_HOST = re.compile(r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::[0-9]{1,5})?", re.ASCII)
_CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", _CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class Guard:
    """ASGI middleware: refuses other hosts, binds the request's scope, sets the headers on every answer, and renders
    what nobody expected."""

    def __init__(self, app: ASGIApp, allowed_hosts: frozenset[str], clock: Clock) -> None:
        self._app = app
        self._allowed_hosts = allowed_hosts
        self._clock = clock
        self._random_bytes = StockedBytes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen = _Seen(scope)
        bound = RequestScope(
            seen.request_id or new_id(self._clock, self._random_bytes), trace_of(seen.traceparent, self._random_bytes)
        )
        told = (
            (b"x-request-id", str(bound.request_id).encode()),
            (b"traceparent", bound.trace.traceparent.encode()),
            *_HEADERS,
        )
        began = False

        async def send_guarded(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                set_already = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(item for item in told if item[0] not in set_already)]
            await send(message)

        token = current_request.set(bound)
        try:
            if (refusal := self._refusal(seen)) is not None:
                await render(Request(scope), refusal, self._clock)(scope, receive, send_guarded)
            else:
                await self._app(scope, receive, send_guarded)
        except Exception as error:
            if began:
                raise
            await rendered(Request(scope), error, self._clock)(scope, receive, send_guarded)
        finally:
            current_request.reset(token)

    def _refusal(self, seen: "_Seen") -> ChimeraError | None:
        if seen.size_bytes > HEADER_BYTES_MAX:
            return HeadersTooLarge(f"the address and the headers are over {HEADER_BYTES_MAX} bytes: shorten them")
        if len(seen.hosts) != 1 or host_of(seen.hosts[0]) not in self._allowed_hosts:
            return Forbidden("this server does not answer under that host name")
        return None


class _Seen:
    """What the guard looks at in a request's headers, in one pass."""

    def __init__(self, scope: Scope) -> None:
        self.hosts: list[str] = []
        self.request_id: UUID | None = None
        self.traceparent = ""
        self.size_bytes = len(scope.get("raw_path") or b"") + len(scope["query_string"])
        for name, value in scope["headers"]:
            self.size_bytes += len(name) + len(value)
            if name == b"host":
                self.hosts.append(value.decode("latin-1"))
            elif name == b"x-request-id":
                self.request_id = _uuid(value)
            elif name == b"traceparent":
                self.traceparent = value.decode("latin-1")


def scope_of(request: Request) -> RequestScope:
    """The scope of the request that is being answered."""
    bound = current_request.get()
    if bound is None:
        raise RuntimeError(f"{request.url.path} is not answered behind the guard")
    return bound


def host_of(header: str) -> str:
    """The host of a Host header, without its port and brackets, in lower case; nothing for what is no host."""
    found = _HOST.fullmatch(header)
    return "" if found is None else (found["address"] or found["name"]).lower()


def _uuid(value: bytes) -> UUID | None:
    try:
        return UUID(value.decode("ascii"))
    except ValueError:
        return None
