"""People's passwords: argon2id (RFC 9106) with the library's parameters, a few at a time."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chimera.core.errors import ValidationFailed

CHARACTERS_MIN = 12
CHARACTERS_MAX = 256
AT_ONCE_MAX = 2
"""Each check takes 64 MiB and a core for a moment."""


class Passwords:
    """Makes and checks hashes off the event loop."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._turns = asyncio.Semaphore(AT_ONCE_MAX)
        self._nobodys: str | None = None

    async def hashed(self, password: str) -> str:
        """Raises:
        ValidationFailed: too short or too long.
        """
        if not CHARACTERS_MIN <= len(password) <= CHARACTERS_MAX:
            raise ValidationFailed(
                f"a password has {CHARACTERS_MIN} to {CHARACTERS_MAX} characters", {"field": "password"}
            )
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, password: str, kept: str | None) -> bool:
        """Whether the password is that of the hash; without one it takes as long, and is not."""
        async with self._turns:
            return await asyncio.to_thread(self._fits, password, kept)

    def _fits(self, password: str, kept: str | None) -> bool:
        if self._nobodys is None:
            self._nobodys = self._hasher.hash(secrets.token_urlsafe(32))
        try:
            self._hasher.verify(kept or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None
