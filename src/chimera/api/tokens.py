"""The few addresses that need no token: logging in, refreshing, revoking, and the public keys."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from chimera.api.bodies import body_of
from chimera.runtime.operations.tokens import JWKS_PATH, AnyOpenOperation

JWKS_SECONDS = 300
"""How long others may keep the keys; a new one is known before its first token only here."""


def token_routes(operations: Iterable[AnyOpenOperation], jwks: Callable[[], Awaitable[dict[str, Any]]]) -> APIRouter:
    """For everybody."""
    router = APIRouter()
    for operation in operations:
        router.add_api_route(operation.path, _answering(operation), methods=["POST"], response_model=None)

    @router.api_route(JWKS_PATH, methods=["GET", "HEAD"], response_model=None)
    async def keys() -> Response:
        return JSONResponse(await jwks(), headers={"Cache-Control": f"public, max-age={JWKS_SECONDS}"})

    return router


def _answering(operation: AnyOpenOperation) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        answered = await operation.run(await body_of(request, operation.asks))
        return Response(
            answered.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"}
        )

    return answer
