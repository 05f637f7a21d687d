"""A request's body: bounded in bytes and in time, read to the last digit."""

import asyncio
from typing import TypeVar

from fastapi import Request

from chimera.contracts.contract import Contract
from chimera.contracts.exact_json import read_json
from chimera.core.errors import ValidationFailed

BODY_BYTES_MAX = 32 * 1024
BODY_SECONDS_MAX = 10.0
_Document = TypeVar("_Document", bound=Contract)


class BodyTooLarge(ValidationFailed):
    code, status = "VALIDATION_FAILED", 413


class BodyTooSlow(ValidationFailed):
    code, status = "VALIDATION_FAILED", 408


async def body_of(request: Request, contract: type[_Document]) -> _Document:
    """The body as a document of `contract`.

    Raises:
        BodyTooLarge, BodyTooSlow, ValidationFailed: the body is refused before anything else happens.
    """
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            return read_json(await _bytes_of(request), contract)
    except TimeoutError as error:
        raise BodyTooSlow(f"the body did not arrive within {BODY_SECONDS_MAX:.0f} seconds: send it again") from error


async def _bytes_of(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise BodyTooLarge(f"the body is over {BODY_BYTES_MAX} bytes: shorten it")
    return bytes(body)
