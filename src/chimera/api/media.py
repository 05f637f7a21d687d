"""A media file over HTTP: whole, one range of it, or not changed (RFC 9110, sections 13 and 14)."""

import re
from enum import Enum
from pathlib import Path

from fastapi import Request
from fastapi.responses import FileResponse, Response

from chimera.api.errors import RangeNotSatisfiable

_ONE_RANGE = re.compile(r"bytes=\s*(?P<first>\d{1,18})?-(?P<last>\d{1,18})?\s*", re.IGNORECASE | re.ASCII)


class RangeAnswer(Enum):
    """What a Range header leads to; section 14.2 lets a server ignore what is malformed or many ranges at once."""

    WHOLE = "whole"
    PART = "part"
    UNSATISFIABLE = "unsatisfiable"


def range_answer(header: str | None, size_bytes: int) -> RangeAnswer:
    """How a Range header is met on a file of `size_bytes`."""
    asked = _ONE_RANGE.fullmatch(header) if header else None
    if asked is None or (asked["first"] is None and asked["last"] is None):
        return RangeAnswer.WHOLE
    if asked["first"] is None:
        return RangeAnswer.PART if int(asked["last"]) > 0 and size_bytes > 0 else RangeAnswer.UNSATISFIABLE
    first = int(asked["first"])
    if asked["last"] is not None and int(asked["last"]) < first:
        return RangeAnswer.WHOLE
    return RangeAnswer.PART if first < size_bytes else RangeAnswer.UNSATISFIABLE


def range_bounds(header: str, size_bytes: int) -> tuple[int, int]:
    """First byte and the one behind the last, of a header that is met with a PART."""
    asked = _ONE_RANGE.fullmatch(header)
    if asked is None:
        raise ValueError("no range")
    if asked["first"] is None:
        return max(0, size_bytes - int(asked["last"])), size_bytes
    return int(asked["first"]), size_bytes if asked["last"] is None else min(int(asked["last"]) + 1, size_bytes)


def media_response(request: Request, path: Path, media_type: str) -> Response:
    """The answer to GET or HEAD for the file.

    Raises:
        RangeNotSatisfiable: the range lies outside the file as it is now.
    """
    found = path.stat()
    answer = FileResponse(path, media_type=media_type, stat_result=found)
    answer.headers["cache-control"] = "no-cache"
    etag, modified = answer.headers["etag"], answer.headers["last-modified"]
    if _unchanged(request, etag, modified):
        kept = {name: answer.headers[name] for name in ("etag", "last-modified", "cache-control")}
        return Response(status_code=304, headers=kept)
    meant = request.headers.get("if-range") in {None, etag, modified}
    how = range_answer(request.headers.get("range"), found.st_size) if meant else RangeAnswer.WHOLE
    if how is RangeAnswer.UNSATISFIABLE:
        raise RangeNotSatisfiable(
            f"the range lies outside the file's {found.st_size} bytes", {"size_bytes": found.st_size}
        )
    if how is RangeAnswer.WHOLE:
        request.scope["headers"] = [item for item in request.scope["headers"] if item[0] != b"range"]
    return answer


def _unchanged(request: Request, etag: str, modified: str) -> bool:
    tags = request.headers.get("if-none-match")
    if tags is not None:
        return "*" in tags or etag in {tag.strip().removeprefix("W/") for tag in tags.split(",")}
    return request.headers.get("if-modified-since") == modified
