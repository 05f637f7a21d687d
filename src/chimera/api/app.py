"""The studio as an ASGI application: the channel's pages, feeds and media, `/health`, and under `/v1` what outside
callers can ask for, with its documentation at `/docs`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata, resources
from typing import Annotated

from fastapi import APIRouter, FastAPI, Path, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

from chimera.api import errors
from chimera.api.approvals import approval_routes
from chimera.api.books import book_routes
from chimera.api.documentation import documentation_page
from chimera.api.events import event_routes
from chimera.api.faces import Face, show_faces
from chimera.api.guard import Guard
from chimera.api.measuring import Measured
from chimera.api.media import media_response
from chimera.api.openapi import openapi_document
from chimera.api.operating import operating_routes
from chimera.api.pages import gallery_page, watch_page
from chimera.api.requests import Requests
from chimera.api.routes import OperationRoutes
from chimera.api.spending import spending_routes
from chimera.api.treasury_door import TreasuryDoor
from chimera.contracts.channel_post import MediaName
from chimera.contracts.health import Health
from chimera.core.clock import Clock
from chimera.core.errors import NotFound
from chimera.platforms.local_channel.channel import LocalChannel
from chimera.platforms.local_channel.feeds import json_feed, media_rss
from chimera.runtime.operations.operation import AnyOperation
from chimera.runtime.operations.tokens import AnyOpenOperation
from chimera.security.gate import Gate

_TYPES: dict[MediaName, str] = {
    "video.mp4": "video/mp4",
    "thumbnail.jpg": "image/jpeg",
    "captions.vtt": "text/vtt; charset=utf-8",
    "captions.srt": "application/x-subrip; charset=utf-8",
}
READING = ["GET", "HEAD"]
"""What can be read can be asked about (RFC 9110, section 9.3.2); the server leaves the body out."""
PostIdPath = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]


@dataclass(frozen=True, slots=True)
class Beside:
    """What there is beside the operations: what operators look at, what needs no token, the rest under `/v1`, other
    protocols at their addresses, and what holds for every request: how often, and once only."""

    operating: APIRouter | None = None
    open_operations: Sequence[AnyOpenOperation] = ()
    routers: Sequence[APIRouter] = ()
    faces: Mapping[str, Face] = field(default_factory=dict)
    requests: Requests | None = None


def create_app(
    channel: LocalChannel,
    health: Callable[[], Awaitable[Health]],
    clock: Clock,
    allowed_hosts: frozenset[str],
    door: TreasuryDoor | None = None,
    *,
    operations: Sequence[AnyOperation] = (),
    gate: Gate | None = None,
    beside: Beside | None = None,
) -> ASGIApp:
    """The application; requests under a Host outside `allowed_hosts` are refused (DNS rebinding).

    The operations and the faces are there for callers that the `gate` knows, the treasury's other routes only with a
    `door`.
    """
    app = FastAPI(title="Chimera", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    beside = beside or Beside()
    app.include_router(beside.operating or operating_routes(health))
    if gate is not None:
        show_faces(app, beside.faces, gate, allowed_hosts)
    errors.install(app, clock)
    _open_treasury(app, door)
    _open_events(app, gate, beside.requests)
    for router in beside.routers:
        app.include_router(router)
    _document(app, operations, beside.open_operations)
    app.mount("/static", StaticFiles(directory=str(resources.files("chimera.api") / "static")))

    @app.api_route("/", methods=READING, response_class=HTMLResponse)
    def gallery(page: Annotated[int, Query(ge=1, le=100_000)] = 1) -> str:
        return gallery_page(channel.posts(), page)

    @app.api_route("/watch/{post_id}", methods=READING, response_class=HTMLResponse)
    def watch(post_id: PostIdPath) -> str:
        post = channel.probe(post_id)
        if post is None:
            raise NotFound(f"there is no post {post_id} on this channel", {"post_id": post_id})
        return watch_page(post)

    @app.api_route("/feed.xml", methods=READING)
    def rss(request: Request) -> Response:
        return Response(media_rss(channel.posts(), _base_url(request)), media_type="application/rss+xml")

    @app.api_route("/feed.json", methods=READING)
    def feed(request: Request) -> Response:
        return Response(json_feed(channel.posts(), _base_url(request)), media_type="application/feed+json")

    @app.api_route("/media/{post_id}/{name}", methods=READING)
    def media(request: Request, post_id: PostIdPath, name: MediaName) -> Response:
        return media_response(request, channel.media(post_id, name), _TYPES[name])

    inner = app if gate is None else OperationRoutes(app, operations, gate, clock, beside.requests)
    return Guard(Measured(inner, clock), allowed_hosts, clock)


def _open_treasury(app: FastAPI, door: TreasuryDoor | None) -> None:
    if door is not None:
        for routes in (spending_routes, book_routes, approval_routes):
            app.include_router(routes(door))


def _open_events(app: FastAPI, gate: Gate | None, requests: Requests | None) -> None:
    if gate is not None and requests is not None and requests.feed is not None:
        app.include_router(event_routes(requests.feed, gate, requests.entrance))


def _document(app: FastAPI, operations: Sequence[AnyOperation], open_operations: Sequence[AnyOpenOperation]) -> None:
    """What can be asked for, for programs and for people; made when it is first asked for."""

    @cache
    def document() -> dict[str, object]:
        return openapi_document(operations, metadata.version("chimera-studio"), open_operations)

    @cache
    def page() -> str:
        return documentation_page(document())

    @app.api_route("/openapi.json", methods=READING)
    def openapi() -> JSONResponse:
        return JSONResponse(document())

    @app.api_route("/docs", methods=READING, response_class=HTMLResponse)
    def documentation() -> str:
        return page()


def _base_url(request: Request) -> str:
    return str(request.base_url).rstrip("/")
