"""A request's body: bounded in bytes and in time, read to the last digit."""

import asyncio
from typing import TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

from chimera.contracts.contract import Contract
from chimera.contracts.exact_json import document_of, read_object
from chimera.core.errors import ValidationFailed
from chimera.runtime.operations.operation import BODY_BYTES_MAX

BODY_SECONDS_MAX = 10.0
_Document = TypeVar("_Document", bound=Contract)


class BodyTooLarge(ValidationFailed):
    code, status = "VALIDATION_FAILED", 413


class BodyTooSlow(ValidationFailed):
    code, status = "VALIDATION_FAILED", 408


class BodyBrokenOff(ValidationFailed):
    """Nobody is there any more to read the answer."""

    code, status = "VALIDATION_FAILED", 400


class NoJson(ValidationFailed):
    """The body says of itself that it is something else."""

    code, status = "VALIDATION_FAILED", 415


async def body_of(request: Request, contract: type[_Document]) -> _Document:
    """The body as a document of `contract`.

    Raises:
        BodyTooLarge, BodyTooSlow, NoJson, ValidationFailed: the body is refused before anything else happens.
    """
    return document_of(await object_of(request), contract)


async def object_of(request: Request, bytes_max: int = BODY_BYTES_MAX) -> dict[str, object]:
    """The body as a JSON object; no body at all is an empty one.

    Raises:
        BodyTooLarge, BodyTooSlow, BodyBrokenOff, NoJson, ValidationFailed: the body is refused before anything else.
    """
    body = await bytes_of(request, bytes_max)
    if not body:
        return {}
    require_json(request.headers.get("content-type"))
    return read_object(body)


async def bytes_of(request: Request, bytes_max: int) -> bytes:
    """The body as it came.

    Raises:
        BodyTooLarge, BodyTooSlow: it goes over a bound. BodyBrokenOff: it did not come whole.
    """
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            return await _read(request, bytes_max)
    except TimeoutError as error:
        raise BodyTooSlow(f"the body did not arrive within {BODY_SECONDS_MAX:.0f} seconds: send it again") from error
    except ClientDisconnect as error:
        raise BodyBrokenOff("the connection ended before the body did") from error


def require_json(content_type: str | None) -> None:
    """Raises:
    NoJson: the body says of itself that it is something else.
    """
    if content_type is None:
        return
    media_type, _, parameters = content_type.partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if media_type.strip().lower() != "application/json" or charset not in {"", "utf-8", "utf8"}:
        raise NoJson("the body must be JSON in UTF-8: send it as Content-Type: application/json")


async def _read(request: Request, bytes_max: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > bytes_max:
            raise BodyTooLarge(f"the body is over {bytes_max} bytes: shorten it", {"bytes_max": bytes_max})
    return bytes(body)
