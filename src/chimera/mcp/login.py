"""Whose the calls of a stdio client are: an access token it was given, or a login kept in a file and refreshed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from chimera.core.clock import Clock
from chimera.core.errors import Conflict, ValidationFailed
from chimera.runtime.identity.tokens import Tokens
from chimera.security.gate import Gate
from chimera.security.keys import replace_whole
from chimera.security.permissions import Caller
from chimera.security.refresh_tokens import is_refresh_token
from chimera.storage.engines.lock import FileLock

RENEW_BEFORE = timedelta(minutes=5)
TURN_SECONDS_MAX = 10.0
_LOOK_EVERY_SECONDS = 0.05
_FILE_BYTES_MAX = 16 * 1024
_OTHERS = 0o077
Sleep = Callable[[float], Awaitable[None]]


class Login(Protocol):
    async def caller(self) -> Caller:
        """Who asks now.

        Raises:
            Unauthenticated: the token does not count, or no longer.
        """
        ...


class GivenLogin:
    """One access token; when it ends, so do the calls."""

    def __init__(self, gate: Gate, token: str) -> None:
        self._gate = gate
        self._token = token

    async def caller(self) -> Caller:
        return await self._gate.caller(self._token)


class KeptLogin:
    """A refresh token in a file, exchanged before its access token ends; its successor takes its place there."""

    def __init__(self, gate: Gate, tokens: Tokens, clock: Clock, file: Path, *, sleep: Sleep = asyncio.sleep) -> None:
        self._gate = gate
        self._tokens = tokens
        self._clock = clock
        self._file = file
        self._sleep = sleep
        self._access = ""
        self._renew_at: datetime | None = None
        self._renewing = asyncio.Lock()

    async def caller(self) -> Caller:
        """Who asks now.

        Raises:
            Unauthenticated: the login has ended.
            ValidationFailed: the file can't be used, or others may read it.
            Conflict: another process keeps the file too long.
        """
        async with self._renewing:
            if self._renew_at is None or self._clock.now() >= self._renew_at:
                await self._renew()
        return await self._gate.caller(self._access)

    async def _renew(self) -> None:
        try:
            async with _turn(self._file, self._sleep):
                given = await self._tokens.refresh(_read(self._file))
                replace_whole(self._file, given.refresh_token.encode() + b"\n", mode=0o600)
        except OSError as error:
            raise ValidationFailed(
                f"{self._file} can't be used: {error.strerror}", {"field": "refresh_file"}
            ) from error
        self._access = given.access_token
        self._renew_at = self._clock.now() + timedelta(seconds=given.expires_in) - RENEW_BEFORE


@asynccontextmanager
async def _turn(file: Path, sleep: Sleep) -> AsyncIterator[None]:
    """Processes that share the file exchange its token one after the other."""
    lock = FileLock(file.with_name(f".{file.name}.lock"))
    try:
        async with asyncio.timeout(TURN_SECONDS_MAX):
            while not lock.try_exclusive():
                await sleep(_LOOK_EVERY_SECONDS)
    except TimeoutError as error:
        lock.close()
        raise Conflict(f"another process keeps {file} locked: end it, or give this one its own file") from error
    try:
        yield
    finally:
        lock.close()


def _read(file: Path) -> str:
    if file.stat().st_mode & _OTHERS:
        raise ValidationFailed(f"others may read {file}: run `chmod 600 {file}`", {"field": "refresh_file"})
    with file.open("rb") as opened:
        token = opened.read(_FILE_BYTES_MAX).decode("latin-1").strip()
    if not is_refresh_token(token):
        raise ValidationFailed(
            f"{file} holds no refresh token: put the one from `chimera token issue` there", {"field": "refresh_file"}
        )
    return token
