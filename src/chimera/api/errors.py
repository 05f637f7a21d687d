"""Every failure over HTTP is section 8's envelope, RFC 9457's problem, or a plain page for a person's browser; never a
stack trace."""

import re
from uuid import uuid4

import structlog
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException

from chimera.api.limits import fields_of
from chimera.api.pages import error_page
from chimera.contracts.error import ErrorEnvelope
from chimera.contracts.problem import Problem
from chimera.core.clock import Clock
from chimera.core.errors import (
    AgentOffline,
    ChimeraError,
    EngineUnavailable,
    InternalError,
    NotFound,
    RateLimited,
    Unauthenticated,
    ValidationFailed,
)
from chimera.core.tracing import current_request
from chimera.runtime.dispatch.trouble import NO_POSTGRESQL
from chimera.runtime.limiting.bucket import OverRate

RETRY_AFTER_SECONDS: dict[type[ChimeraError], int] = {RateLimited: 1, AgentOffline: 5}
"""A full intake is decided within a second; an agent that rests or restarts is back within a few."""
PROBLEM_JSON = "application/problem+json"
_PROBLEM_ASKED = re.compile(r"application/problem\+json(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)

_log = structlog.get_logger(__name__)


class MethodNotAllowed(ValidationFailed):
    """The address is there, the method is not."""

    code, status = "VALIDATION_FAILED", 405


class RangeNotSatisfiable(ValidationFailed):
    """The bytes asked for lie outside the file (RFC 9110, section 15.5.17)."""

    code, status = "VALIDATION_FAILED", 416


class HeadersTooLarge(ValidationFailed):
    code, status = "VALIDATION_FAILED", 431


def install(app: FastAPI, clock: Clock) -> None:
    """Render every failure of `app`'s own routes."""

    async def failed(request: Request, error: Exception) -> Response:
        return rendered(request, error, clock)

    async def http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, StarletteHTTPException) else 404
        if status == 405:
            told = (error.headers or {}).get("Allow", "") if isinstance(error, StarletteHTTPException) else ""
            allow = ", ".join(sorted(method.strip() for method in told.split(",")))
            return render(request, MethodNotAllowed(f"{request.method} is not possible here", {"allow": allow}), clock)
        return render(request, NotFound(f"there is nothing at {request.url.path}"), clock)

    async def invalid(request: Request, error: Exception) -> Response:
        problems = error.errors() if isinstance(error, RequestValidationError) else []
        where = ".".join(str(part) for part in problems[0]["loc"]) if problems else "the request"
        return render(request, ValidationFailed(f"{where} is not as it should be"), clock)

    app.add_exception_handler(ChimeraError, failed)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(StarletteHTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, failed)


def rendered(request: Request, error: Exception, clock: Clock) -> Response:
    """The answer to whatever was raised; what nobody expected is logged, and not told."""
    if isinstance(error, ChimeraError):
        return render(request, error, clock)
    if isinstance(error, NO_POSTGRESQL):
        _log.warning("database_away", path=request.url.path, problem=str(error))
        return render(request, EngineUnavailable("the database does not answer: try again a little later"), clock)
    _log.error("request_failed", path=request.url.path, exc_info=error)
    return render(request, InternalError("something went wrong on our side"), clock)


def render(request: Request, failure: ChimeraError, clock: Clock) -> Response:
    """The failure as the caller accepts it."""
    bound = current_request.get()
    envelope = ErrorEnvelope.of(failure, clock, bound.request_id if bound else uuid4())
    headers = {**_headers(failure), "Vary": "Accept", "Cache-Control": "no-store"}
    accept = request.headers.get("accept", "")
    if _PROBLEM_ASKED.search(accept):
        problem = Problem.of(envelope, failure.status)
        return Response(problem.model_dump_json(), failure.status, headers, PROBLEM_JSON)
    if "text/html" in accept and not isinstance(failure, RangeNotSatisfiable):
        return HTMLResponse(error_page(envelope), failure.status, headers)
    return Response(envelope.model_dump_json(), failure.status, headers, "application/json")


def _headers(failure: ChimeraError) -> dict[str, str]:
    """What RFC 9110 asks for beside the status."""
    if isinstance(failure, RangeNotSatisfiable):
        return {"Content-Range": f"bytes */{failure.details['size_bytes']}"}
    if isinstance(failure, MethodNotAllowed):
        return {"Allow": str(failure.details.get("allow", ""))}
    if isinstance(failure, Unauthenticated):
        return {"WWW-Authenticate": "Bearer"}
    for kind, seconds in RETRY_AFTER_SECONDS.items():
        if isinstance(failure, kind):
            told = failure.details.get("retry_after_seconds")
            quota = fields_of(failure.quota) if isinstance(failure, OverRate) else {}
            return {"Retry-After": str(told if isinstance(told, int) else seconds), **quota}
    return {}
