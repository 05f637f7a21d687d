"""The gate: who stands behind an access token, as the token and its subject's row tell; what was seen is remembered.

A remembered token costs no signature. Its key, its row and its revocation are read again after `REREAD_SECONDS`, which
so is how long a revoked token, a retired agent or a changed role may still be taken for good in a process that knew it.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol

from joserfc.jwk import RSAKey

from chimera.core.clock import Clock
from chimera.core.errors import Unauthenticated
from chimera.security.access_tokens import Claims, UnknownKey, read_access_token, scope_of
from chimera.security.permissions import Caller
from chimera.security.token_keys import KnownTokenKey

REREAD_SECONDS = 5.0
KEYS_REREAD_SECONDS = 1.0
"""Tokens that name unknown keys make the keys be read again no more often than this."""
TOKENS_REMEMBERED_MAX = 20_000

KnownKeys = Callable[[], Awaitable[tuple[KnownTokenKey, ...]]]


@dataclass(frozen=True, slots=True)
class Standing:
    """A subject as its row tells it now; None where there is none, or it is retired."""

    caller: Caller | None
    revoked: bool


class Standings(Protocol):
    async def standing(self, claims: Claims) -> Standing:
        """How the token's subject stands, and whether the token, its login or its subject's tokens were revoked."""
        ...


@dataclass(slots=True)
class _Seen:
    claims: Claims
    caller: Caller | None = None
    read_at: float | None = None
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


class TokenGate:
    """`security.gate.Gate` by access tokens."""

    def __init__(self, known_keys: KnownKeys, standings: Standings, clock: Clock) -> None:
        self._known_keys = known_keys
        self._standings = standings
        self._clock = clock
        self._keys: dict[str, KnownTokenKey] = {}
        self._keys_read_at: float | None = None
        self._reading_keys = asyncio.Lock()
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()

    async def caller(self, token: str) -> Caller:
        """The caller as the token, and its row, tell.

        Raises:
            Unauthenticated: no token of ours, expired, revoked, or one that its subject's row speaks against.
        """
        fingerprint = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        seen = self._seen.get(fingerprint)
        if seen is None:
            seen = await self._first_seen(token)
            await self._read_standing(seen)
            self._remember(fingerprint, seen)
        elif self._clock.now() >= seen.claims.expires_at:
            del self._seen[fingerprint]
            raise Unauthenticated("the token has expired: refresh it")
        elif seen.read_at is None or self._clock.monotonic() - seen.read_at >= REREAD_SECONDS:
            await self._read_standing(seen)
        if seen.caller is None:
            raise Unauthenticated("the token does not count any more: get a new one")
        return seen.caller

    async def keys(self) -> tuple[KnownTokenKey, ...]:
        """The keys whose tokens count now."""
        await self._read_keys(KEYS_REREAD_SECONDS)
        now = self._clock.now()
        return tuple(known for known in self._keys.values() if now < known.honoured_until)

    async def _first_seen(self, token: str) -> _Seen:
        await self._read_keys(REREAD_SECONDS)
        now = self._clock.now()
        try:
            return _Seen(read_access_token(token, partial(self._honoured, now=now), now))
        except UnknownKey:
            if not await self._read_keys(KEYS_REREAD_SECONDS):
                raise
            return _Seen(read_access_token(token, partial(self._honoured, now=now), now))

    def _honoured(self, kid: str, now: datetime) -> RSAKey | None:
        known = self._keys.get(kid)
        return known.key if known is not None and now < known.honoured_until else None

    async def _read_keys(self, older_than_seconds: float) -> bool:
        """Read the keys again if they were read longer ago than that; whether they were."""
        async with self._reading_keys:
            at = self._clock.monotonic()
            if self._keys_read_at is not None and at - self._keys_read_at < older_than_seconds:
                return False
            self._keys = {known.kid: known for known in await self._known_keys()}
            self._keys_read_at = at
            return True

    async def _read_standing(self, seen: _Seen) -> None:
        async with seen.reading:
            at = self._clock.monotonic()
            if seen.read_at is not None and at - seen.read_at < REREAD_SECONDS:
                return  # somebody else has read it while this one waited
            seen.caller = None
            await self._read_keys(REREAD_SECONDS)
            standing = await self._standings.standing(seen.claims)
            counts = not standing.revoked and self._honoured(seen.claims.key_id, self._clock.now()) is not None
            seen.caller = _same(standing.caller, seen.claims) if counts else None
            seen.read_at = at

    def _remember(self, fingerprint: bytes, seen: _Seen) -> None:
        self._seen[fingerprint] = seen
        while len(self._seen) > TOKENS_REMEMBERED_MAX:
            self._seen.popitem(last=False)


def _same(caller: Caller | None, claims: Claims) -> Caller | None:
    """The caller, if its row gives what the token says."""
    if caller is None or caller.role is not claims.role or scope_of(caller) != claims.scope:
        return None
    return caller
