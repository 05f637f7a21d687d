"""Asking under a refresh token in a file (CFO_TOKEN_FILE): exchanged at the CFO's server, its successor written back.

Processes that share the file take turns. One that ends between the exchange and the writing finds the old token again,
which the server answers with the same successor for a few seconds; later it takes that for a theft.
"""

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from chimera.contracts.exact_json import read_json, write_json
from chimera.contracts.token import IssuedTokens, TokenRefresh
from chimera.core.clock import Clock
from chimera.core.errors import EngineUnavailable, Unauthenticated, ValidationFailed
from chimera.security.keys import replace_whole
from chimera.security.refresh_tokens import is_refresh_token
from chimera.treasury.http_asking import Asking, Call, GivenToken, Sleep

REFRESH_PATH = "/v1/tokens/refresh"
REFRESH_ATTEMPTS_MAX = 3
REFRESH_SECONDS_MAX = 2.5
"""Together they stay below the grace in which a lost answer can be had again."""
EARLY_SECONDS = 300.0
"""A token is exchanged so long before it expires."""
TURN_SECONDS_MAX = 30.0
_FILE_BYTES_MAX = 16 * 1024


class FileTokens:
    """A `TokenSource` of the one agent whose refresh token the file holds."""

    def __init__(
        self, url: str, path: Path, clock: Clock, *, plain_http_allowed: bool, sleep: Sleep = asyncio.sleep
    ) -> None:
        """Raises:
        ValidationFailed: the file holds no refresh token, or a token is not sent to that url.
        """
        read_token_file(path)
        self._path = path
        self._clock = clock
        self._sleep = sleep
        self._asking = Asking(
            url,
            GivenToken(""),
            plain_http_allowed=plain_http_allowed,
            sleep=sleep,
            attempts_max=REFRESH_ATTEMPTS_MAX,
            answer_seconds_max=REFRESH_SECONDS_MAX,
        )
        self._turn = asyncio.Lock()
        self._access: str | None = None
        self._until = 0.0

    async def token(self, about: UUID | None) -> str:
        """Raises:
        EngineUnavailable: the server does not answer. Unauthenticated: the login has ended.
        """
        del about
        async with self._turn:
            if self._access is None or self._clock.monotonic() >= self._until:
                await self._exchange()
            return self._access or ""

    async def refused(self, token: str) -> bool:
        async with self._turn:
            if self._access == token:
                self._access = None
        return True

    async def aclose(self) -> None:
        await self._asking.aclose()

    async def _exchange(self) -> None:
        async with asyncio.timeout(TURN_SECONDS_MAX):
            with _locked(self._path) as lock:
                while not lock():
                    await self._sleep(0.05)
                asked = TokenRefresh(refresh_token=read_token_file(self._path))
                try:
                    answer = await self._asking.ask(Call("POST", REFRESH_PATH, None, write_json(asked)))
                except Unauthenticated as error:
                    raise Unauthenticated(
                        f"the refresh token in {self._path} does not count any more: put one from "
                        "`chimera token issue` there",
                        {"path": str(self._path)},
                    ) from error
                given = read_json(answer, IssuedTokens)
                replace_whole(self._path, given.refresh_token.encode() + b"\n", mode=0o600)
        self._access = given.access_token
        self._until = self._clock.monotonic() + max(given.expires_in - EARLY_SECONDS, 0.0)


def read_token_file(path: Path) -> str:
    """The refresh token in the file.

    Raises:
        ValidationFailed: unreadable, or none.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_FILE_BYTES_MAX).decode("latin-1").strip()
    except OSError as error:
        raise ValidationFailed(f"CFO_TOKEN_FILE: {path} can't be read: {error.strerror}") from error
    if not is_refresh_token(text):
        raise ValidationFailed(
            f"CFO_TOKEN_FILE: {path} holds no refresh token: put the one from `chimera token issue` there",
            {"variable": "CFO_TOKEN_FILE"},
        )
    return text


@contextmanager
def _locked(path: Path) -> "Iterator[_Try]":
    """A way to try for the file's lock, which is let go when the block ends."""
    lock_path = path.with_name(f".{path.name}.lock")
    try:
        descriptor = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise EngineUnavailable(f"{lock_path} can't be written: {error.strerror}", {"path": str(lock_path)}) from error
    try:
        yield _Try(descriptor)
    finally:
        os.close(descriptor)


class _Try:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __call__(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
