"""`/v1/media/{asset_id}/{name}`: a piece's sealed media for those who may see them, whole or in ranges (RFC 9110).

Nothing that a caller names becomes part of a path: the id is looked up, and the name is one of four.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from chimera.api.callers import caller_of_request
from chimera.api.errors import RangeNotSatisfiable
from chimera.api.media import RangeAnswer, range_answer, range_bounds
from chimera.core.errors import NotFound
from chimera.security.gate import Gate
from chimera.security.permissions import Permission, require
from chimera.storage.blobs import READ_BYTES, Blob, Blobs
from chimera.storage.database import Database
from chimera.storage.records import video_metadata

MEDIA_PATH = "/v1/media/{asset_id}/{name}"
MediaFile = Literal["video.mp4", "thumbnail.jpg", "captions.vtt", "captions.srt"]

_FILES: dict[MediaFile, tuple[str, Permission]] = {
    "video.mp4": ("video/mp4", Permission.READ_VIDEO),
    "thumbnail.jpg": ("image/jpeg", Permission.READ_VIDEO),
    # What is spoken is the piece's script.
    "captions.vtt": ("text/vtt; charset=utf-8", Permission.READ_CONTENT),
    "captions.srt": ("application/x-subrip; charset=utf-8", Permission.READ_CONTENT),
}


MEDIA_TYPES = {name: media_type for name, (media_type, _) in _FILES.items()}


def sealed_media_routes(gate: Gate, database: Database, blobs: Blobs) -> APIRouter:
    """The route, for callers whom `gate` knows."""
    router = APIRouter()

    @router.api_route(MEDIA_PATH, methods=["GET", "HEAD"], summary="A piece's video or captions")
    async def media(request: Request, asset_id: UUID, name: MediaFile) -> Response:
        media_type, right = _FILES[name]
        require(await caller_of_request(gate, request), right)
        async with database.transaction() as connection:
            video = await video_metadata.get(connection, asset_id)
        if video is None:
            raise NotFound(f"there are no media of asset {asset_id}", {"asset_id": str(asset_id)})
        url = f"{video.video_url.rpartition('/')[0]}/{name}"
        blob = await asyncio.to_thread(blobs.open, url)
        return await _answer(request, blob, media_type)

    return router


async def _answer(request: Request, blob: Blob, media_type: str) -> Response:
    headers = {"etag": blob.etag, "cache-control": "private, no-cache", "accept-ranges": "bytes"}
    tags = request.headers.get("if-none-match")
    if tags is not None and ("*" in tags or blob.etag in {tag.strip().removeprefix("W/") for tag in tags.split(",")}):
        return Response(status_code=304, headers=headers)
    asked = request.headers.get("range") if request.headers.get("if-range") in {None, blob.etag} else None
    how = range_answer(asked, blob.size)
    if how is RangeAnswer.UNSATISFIABLE:
        raise RangeNotSatisfiable(f"the range lies outside the file's {blob.size} bytes", {"size_bytes": blob.size})
    part = how is RangeAnswer.PART
    start, stop = range_bounds(asked or "", blob.size) if part else (0, blob.size)
    if part:
        headers["content-range"] = f"bytes {start}-{stop - 1}/{blob.size}"
    headers["content-length"] = str(stop - start)
    status = 206 if part else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=media_type)
    # What is damaged at its beginning is told as an error; later on the connection can only be broken off.
    first = await asyncio.to_thread(blob.read, start, min(READ_BYTES, stop - start))
    return StreamingResponse(_rest(blob, first, start, stop), status, headers, media_type)


async def _rest(blob: Blob, first: bytes, start: int, stop: int) -> AsyncIterator[bytes]:
    yield first
    for offset in range(start + len(first), stop, READ_BYTES):
        yield await asyncio.to_thread(blob.read, offset, min(READ_BYTES, stop - offset))
