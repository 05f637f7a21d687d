"""`Idempotency-Key` of creating requests: the same key with the same body is done once and answered alike for a day.

A key is reserved before anything is made, with the id of what will be made; a request that died amid its work is done
again under that id, and so finds what it had made instead of making it twice.
"""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from fastapi import Request
from fastapi.responses import Response

from chimera.contracts.contract import Contract
from chimera.core.clock import Clock
from chimera.core.errors import ChimeraError, Conflict, IdempotencyKeyReused, ValidationFailed
from chimera.core.identity import new_id
from chimera.runtime.operations.operation import Call
from chimera.storage.database import Database
from chimera.storage.records import idempotency_key
from chimera.storage.records.idempotency_key import KeyRecord, NewKey

HEADER = "idempotency-key"
KEPT_FOR = timedelta(hours=24)
LEASE = timedelta(minutes=3)
"""How long a request that makes something may take before another with its key may take over."""
SWEPT_AT_ONCE = 50
KEY_CHARACTERS_MAX = 255
_KEY = re.compile(rf"[\x21-\x7e]{{1,{KEY_CHARACTERS_MAX}}}")
_SERVER_FAILED = 500

Answering = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Idempotency:
    """Answers creating requests by their keys; `database` holds these."""

    database: Database
    clock: Clock

    async def answer(self, request: Request, name: str, call: Call, asked: Contract, make: Answering) -> Response:
        """What `make` answers, or answered to the same request before; without a key `make` is just asked.

        Raises:
            ValidationFailed: no key of visible ASCII, or several. IdempotencyKeyReused: it stands for another request.
            Conflict: the first request under it is still running.
            ChimeraError: what `make` raised; the key may be used again.
        """
        key = key_of(request.headers.getlist(HEADER))
        if key is None:
            return await make(call)
        held, known = await self._take(call, key, request_hash(name, asked, call.terms))
        if not held:
            return _replayed(known)
        return await self._make(replace(call, created_id=known.created_id), key, known.attempt, make)

    async def _take(self, call: Call, key: str, asked_hash: bytes) -> tuple[bool, KeyRecord]:
        """The key's row, and whether it is ours to work under."""
        now = self.clock.now()
        new = NewKey(call.caller.id, key, asked_hash, new_id(self.clock), now + LEASE, now + KEPT_FOR)
        async with self.database.transaction() as connection:
            await idempotency_key.forget_expired(connection, now, SWEPT_AT_ONCE)
            taken = await idempotency_key.take(connection, new, now)
            known = taken or await idempotency_key.get(connection, call.caller.id, key)
        if known is None:
            raise Conflict("a request under this Idempotency-Key is just ending: send it again")
        if known.request_hash != asked_hash:
            raise IdempotencyKeyReused("this Idempotency-Key stands for another request: take a new key for a new one")
        if taken is None and known.state == "running":
            raise Conflict("the first request under this Idempotency-Key is still running: ask again a little later")
        return taken is not None, known

    async def _make(self, call: Call, key: str, attempt: int, make: Answering) -> Response:
        caller = call.caller.id
        try:
            answer = await make(call)
        except ChimeraError as failure:
            await self._end(key, call, attempt, nothing_made=failure.status < _SERVER_FAILED)
            raise
        except (asyncio.CancelledError, Exception):
            await asyncio.shield(self._end(key, call, attempt, nothing_made=False))
            raise
        async with self.database.transaction() as connection:
            await idempotency_key.finish(connection, caller, key, attempt, answer.status_code, bytes(answer.body))
        return answer

    async def _end(self, key: str, call: Call, attempt: int, *, nothing_made: bool) -> None:
        """After a refusal the key is free; after a failure the same request may be sent again under it."""
        async with self.database.transaction() as connection:
            if nothing_made:
                await idempotency_key.forget(connection, call.caller.id, key, attempt)
            else:
                await idempotency_key.release(connection, call.caller.id, key, attempt, self.clock.now())


def key_of(shown: list[str]) -> str | None:
    """The key, in quotes (as the IETF's draft writes it) or without.

    Raises:
        ValidationFailed: several, or one that is not 1 to 255 visible ASCII characters.
    """
    if not shown:
        return None
    key = shown[0][1:-1] if len(shown[0]) > 1 and shown[0][0] == shown[0][-1] == '"' else shown[0]
    if len(shown) > 1 or not _KEY.fullmatch(key):
        raise ValidationFailed(
            f"Idempotency-Key must be one key of 1 to {KEY_CHARACTERS_MAX} visible ASCII characters, such as a UUID",
            {"header": "Idempotency-Key"},
        )
    return key


def request_hash(name: str, asked: Contract, terms: Contract | None) -> bytes:
    """What tells two requests apart: which operation, and what was asked of it, whatever its spelling in JSON."""
    told = "\n".join([name, asked.model_dump_json(), "" if terms is None else terms.model_dump_json()])
    return hashlib.sha256(told.encode()).digest()


def _replayed(known: KeyRecord) -> Response:
    headers = {"Cache-Control": "no-store", "Idempotent-Replayed": "true"}
    return Response(known.body, known.status or 200, headers, "application/json")
