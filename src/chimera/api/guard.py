"""What stands before every request: only known hosts, and headers that keep a page to itself."""

from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chimera.contracts.error import ErrorEnvelope
from chimera.core.clock import Clock
from chimera.core.errors import Forbidden

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Guard:
    """ASGI middleware: refuses other hosts, sets the headers on every answer."""

    def __init__(self, app: ASGIApp, allowed_hosts: frozenset[str], clock: Clock) -> None:
        self._app = app
        self._allowed_hosts = allowed_hosts
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if host_of(Headers(scope=scope).get("host", "")) in self._allowed_hosts:
            await self._app(scope, receive, send_guarded)
        else:
            refusal = Forbidden("this server does not answer under that host name")
            envelope = ErrorEnvelope.of(refusal, self._clock, uuid4()).model_dump(mode="json")
            await JSONResponse(envelope, status_code=refusal.status)(scope, receive, send_guarded)


def host_of(header: str) -> str:
    """The host of a Host header, without its port and brackets, in lower case."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower()
