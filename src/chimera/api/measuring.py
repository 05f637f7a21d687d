"""Counts and times every HTTP request under its route's template, so that ids in paths make no series of their own."""

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chimera.core.clock import Clock
from chimera.telemetry import metrics
from chimera.telemetry.spans import span

OTHER = "other"
ROUTE = "chimera.route"
"""Where a router that is not Starlette's notes the template that the path met, in the request's scope."""
NOT_ANSWERED = 499
"""The caller went away before an answer began; proxies log this number for it too."""
BROKEN = 500
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log = structlog.get_logger(__name__)


class Measured:
    """ASGI middleware; whatever is behind it is measured, refusals included."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = NOT_ANSWERED

        async def send_seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began_at = self._clock.monotonic()
        metrics.request_began()
        try:
            with span("http", method=method_of(scope)):
                await self._app(scope, receive, send_seen)
        except Exception:
            status = BROKEN if status == NOT_ANSWERED else status  # the guard answers so
            raise
        finally:
            seconds = self._clock.monotonic() - began_at
            method, route = method_of(scope), route_of(scope)
            metrics.request_ended(method, route, status, seconds)
            _log.info("http_answered", method=method, route=route, status=status, seconds=round(seconds, 6))


def route_of(scope: Scope) -> str:
    path = scope.get(ROUTE) or getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) and path else OTHER


def method_of(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else OTHER
