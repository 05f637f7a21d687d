"""What those who run the process ask it: `/health`, `/livez`, `/readyz` and `/metrics`, without a token."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Response

from chimera.api.metrics import process_page
from chimera.contracts.health import Health
from chimera.core.vocabulary import ComponentHealth
from chimera.telemetry.family import CONTENT_TYPE

Page = Callable[[], Awaitable[str]]


async def _always() -> bool:
    return True


def operating_routes(
    health: Callable[[], Awaitable[Health]],
    *,
    ready: Callable[[], Awaitable[bool]] = _always,
    page: Page = process_page,
) -> APIRouter:
    """`ready` tells whether requests can be answered. Nothing here tells of a piece, an agent or a single request."""
    router = APIRouter()

    @router.api_route("/health", methods=["GET", "HEAD"])
    async def check_health(response: Response) -> Health:
        answer = await health()
        response.headers["Cache-Control"] = "no-store"
        if answer.status is ComponentHealth.UNHEALTHY:
            response.status_code = 503
        return answer

    @router.api_route("/livez", methods=["GET", "HEAD"], include_in_schema=False)
    async def alive() -> Response:
        return Response("ok\n", media_type="text/plain")

    @router.api_route("/readyz", methods=["GET", "HEAD"], include_in_schema=False)
    async def is_ready() -> Response:
        if await ready():
            return Response("ok\n", media_type="text/plain")
        return Response("the database does not answer\n", status_code=503, media_type="text/plain")

    @router.api_route("/metrics", methods=["GET", "HEAD"], include_in_schema=False)
    async def metrics() -> Response:
        return Response(await page(), headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})

    return router
