"""Every failure over HTTP is section 8's envelope, or a plain page for a person's browser; never a stack trace."""

from uuid import UUID, uuid4

import structlog
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException

from chimera.api.pages import error_page
from chimera.contracts.error import ErrorEnvelope
from chimera.core.clock import Clock
from chimera.core.errors import (
    ChimeraError,
    InternalError,
    NotFound,
    RateLimited,
    Unauthenticated,
    ValidationFailed,
)

RETRY_AFTER_SECONDS = 1
"""A full intake is decided within a second."""

_log = structlog.get_logger(__name__)


class MethodNotAllowed(ValidationFailed):
    """The address is there, the method is not."""

    code, status = "VALIDATION_FAILED", 405


class RangeNotSatisfiable(ValidationFailed):
    """The bytes asked for lie outside the file (RFC 9110, section 15.5.17)."""

    code, status = "VALIDATION_FAILED", 416


def install(app: FastAPI, clock: Clock) -> None:
    """Render every failure of `app`."""

    async def expected(request: Request, error: Exception) -> Response:
        failure = error if isinstance(error, ChimeraError) else InternalError("something went wrong on our side")
        return _render(request, failure, clock)

    async def http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, StarletteHTTPException) else 404
        if status == 405:
            return _render(request, MethodNotAllowed(f"{request.method} is not possible here"), clock)
        return _render(request, NotFound(f"there is nothing at {request.url.path}"), clock)

    async def invalid(request: Request, error: Exception) -> Response:
        problems = error.errors() if isinstance(error, RequestValidationError) else []
        where = ".".join(str(part) for part in problems[0]["loc"]) if problems else "the request"
        return _render(request, ValidationFailed(f"{where} is not as it should be"), clock)

    async def unexpected(request: Request, error: Exception) -> Response:
        _log.error("request_failed", path=request.url.path, exc_info=error)
        return _render(request, InternalError("something went wrong on our side"), clock)

    app.add_exception_handler(ChimeraError, expected)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(StarletteHTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, unexpected)


def _render(request: Request, failure: ChimeraError, clock: Clock) -> Response:
    envelope = ErrorEnvelope.of(failure, clock, _request_id(request))
    headers = _headers(failure)
    if "text/html" in request.headers.get("accept", "") and not isinstance(failure, RangeNotSatisfiable):
        return HTMLResponse(error_page(envelope), status_code=failure.status, headers=headers)
    return JSONResponse(envelope.model_dump(mode="json"), status_code=failure.status, headers=headers)


def _headers(failure: ChimeraError) -> dict[str, str]:
    """What RFC 9110 asks for beside the status."""
    if isinstance(failure, RangeNotSatisfiable):
        return {"Content-Range": f"bytes */{failure.details['size_bytes']}"}
    if isinstance(failure, Unauthenticated):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(failure, RateLimited):
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return {}


def _request_id(request: Request) -> UUID:
    try:
        return UUID(request.headers.get("x-request-id", ""))
    except ValueError:
        return uuid4()
