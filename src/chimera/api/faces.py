"""Other protocols at addresses of their own: each is given only callers who are known, and bodies within bounds."""

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from starlette.types import Receive, Scope, Send

from chimera.api.bodies import bytes_of, require_json
from chimera.api.callers import caller_of_request
from chimera.api.errors import MethodNotAllowed
from chimera.core.errors import Forbidden
from chimera.security.gate import Gate
from chimera.security.permissions import Caller


class Face(Protocol):
    """What answers there."""

    @property
    def body_bytes_max(self) -> int: ...

    async def answer(self, caller: Caller, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the body; `receive` only tells when its sender has gone."""
        ...


def show_faces(app: FastAPI, faces: Mapping[str, Face], gate: Gate, allowed_hosts: frozenset[str]) -> None:
    """Have `app` answer by the faces at their addresses, whatever the method."""
    for path, face in faces.items():
        app.add_route(path, FaceRoute(face, gate, allowed_hosts))  # type: ignore[arg-type] # an ASGI application


class FaceRoute:
    """A face as an ASGI application; the failures it meets are `errors`'."""

    def __init__(self, face: Face, gate: Gate, allowed_hosts: frozenset[str]) -> None:
        self._face = face
        self._gate = gate
        self._allowed_hosts = allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self._require_own_page(request)
        caller = await caller_of_request(self._gate, request)
        if request.method != "POST":
            raise MethodNotAllowed(f"{request.method} is not possible here", {"allow": "POST"})
        require_json(request.headers.get("content-type"))
        body = await bytes_of(request, self._face.body_bytes_max)
        await self._face.answer(caller, body, scope, receive, send)

    def _require_own_page(self, request: Request) -> None:
        """A page elsewhere can't speak through its reader's browser (MCP asks servers to look at the Origin)."""
        for origin in request.headers.getlist("origin"):
            if _host_of(origin) not in self._allowed_hosts:
                raise Forbidden("this server does not answer pages of other hosts")


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).hostname
    except ValueError:
        return None
