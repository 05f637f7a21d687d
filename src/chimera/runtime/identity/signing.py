"""The key this process signs tokens with, and the public keys of every process whose tokens still count.

Whoever signs with a key notes in `token_key` that its tokens count a while longer. So a key that nobody uses any more
runs out by itself an hour after its last token, and another process's new key is known before its first one.
"""

import asyncio
from datetime import timedelta
from pathlib import Path

import structlog

from chimera.core.clock import Clock
from chimera.core.errors import Conflict, EngineUnavailable, NotFound
from chimera.security.access_tokens import LIFETIME
from chimera.security.token_keys import (
    KEY_FILE,
    VARIABLE,
    KnownTokenKey,
    SigningTokenKey,
    configured_token_key,
    home_token_key,
    known_token_key,
    replace_home_key,
)
from chimera.storage.database import Database
from chimera.storage.records import token_key
from chimera.storage.records.token_key import TokenKeyRecord

NOTED_FOR = timedelta(minutes=10)
"""How long a process signs before it notes the key's use again."""


_log = structlog.get_logger(__name__)


class TokenSigning:
    """The home's own key, unless JWT_SECRET gives one. Made, read and noted when a token is first asked for."""

    def __init__(self, keys_folder: Path, configured: str | None, database: Database, clock: Clock) -> None:
        self._folder = keys_folder
        self._configured = configured
        self._database = database
        self._clock = clock
        self._key: SigningTokenKey | None = None
        self._file: tuple[int, int] | None = None
        self._noted_at: float | None = None
        self._turn = asyncio.Lock()

    async def key(self) -> SigningTokenKey:
        """The key to sign with now; its tokens count everywhere.

        Raises:
            ValidationFailed, EngineUnavailable: there is no key that can be used.
        """
        async with self._turn:
            key = await self._read()
            at = self._clock.monotonic()
            if self._noted_at is None or at - self._noted_at >= NOTED_FOR.total_seconds():
                await self._note(key)
                self._noted_at = at
            return key

    async def known(self) -> tuple[KnownTokenKey, ...]:
        """Every key whose tokens count now."""
        async with self._database.transaction() as connection:
            rows = await token_key.honoured(connection, self._clock.now())
        return tuple(known for row in rows if (known := _known(row)) is not None)

    async def rotate(self, *, at_once: bool) -> SigningTokenKey:
        """A new key of the home; tokens under the one before count until they expire, or `at_once` no more.

        Raises:
            Conflict: the key is JWT_SECRET's.
        """
        if self._configured is not None:
            raise Conflict(
                f"the key is that of {VARIABLE}: put a new one there and start the processes anew one by one; tokens "
                "under the old key count until they expire"
            )
        async with self._turn:
            before = home_token_key(self._folder) if (self._folder / KEY_FILE).exists() else None
            made = await asyncio.to_thread(replace_home_key, self._folder)
            self._key, self._noted_at, self._file = None, None, None
            await self._note(made)
            if before is not None:
                await self.retire(before.kid, at_once=at_once)
            return made

    async def retire(self, kid: str, *, at_once: bool) -> None:
        """Nobody signs with the key any more.

        Raises:
            NotFound: no such key is known.
        """
        now = self._clock.now()
        async with self._database.transaction() as connection:
            if not await token_key.retire(connection, kid, now=now, until=now if at_once else now + LIFETIME):
                raise NotFound(f"there is no key {kid}: see `chimera keys list`", {"kid": kid})

    async def _read(self) -> SigningTokenKey:
        """The key; the home's is read again when its file was replaced."""
        if self._configured is not None:
            self._key = self._key or configured_token_key(self._configured)
            return self._key
        if self._key is None or self._file != self._stat():
            self._key = await asyncio.to_thread(home_token_key, self._folder)
            self._file, self._noted_at = self._stat(), None
        return self._key

    def _stat(self) -> tuple[int, int] | None:
        try:
            found = (self._folder / KEY_FILE).stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    async def _note(self, key: SigningTokenKey) -> None:
        now = self._clock.now()
        async with self._database.transaction() as connection:
            usable = await token_key.use(
                connection, key.kid, key.public_pem, now=now, until=now + LIFETIME + 2 * NOTED_FOR
            )
        if not usable:
            raise EngineUnavailable(
                f"the key {key.kid} was retired, so that no token can be signed with it: "
                + (f"give {VARIABLE} a new one" if self._configured is not None else "run `chimera keys rotate`"),
                {"kid": key.kid},
            )


def _known(row: TokenKeyRecord) -> KnownTokenKey | None:
    """The key, unless its row is damaged: the others count all the same."""
    try:
        known = known_token_key(row.public_key, row.honoured_until)
    except ValueError as error:
        _log.error("token_key_damaged", kid=row.kid, error=str(error))
        return None
    return known if known.kid == row.kid else None
