"""Tokens given, refreshed and revoked."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from chimera.core.clock import Clock
from chimera.core.errors import Forbidden, Unauthenticated
from chimera.core.identity import new_id
from chimera.runtime.identity.signing import TokenSigning
from chimera.runtime.identity.standings import caller_at
from chimera.security import access_tokens, refresh_tokens
from chimera.security.permissions import Caller
from chimera.security.refresh_tokens import Fate, Shown, fate_of, hash_of, is_refresh_token, successor_of
from chimera.storage.database import Connection, Database
from chimera.storage.records import refresh_token, revoked_token, token_key
from chimera.storage.records.refresh_token import RefreshTokenRecord

SWEEP_ROWS_MAX = 100
"""Each login and refresh takes so many expired rows of a kind away: more than it makes."""
REUSED = "a token of it was shown again after it was used"
_REFUSED = "the refresh token does not count: log in again, or run `chimera token issue`"


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a caller is given: an access token, and a refresh token where it goes on with one."""

    access_token: str
    refresh_token: str
    expires_in: int
    subject: UUID


class Tokens:
    """The one place where tokens are made and ended."""

    def __init__(
        self,
        database: Database,
        signing: TokenSigning,
        clock: Clock,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._database = database
        self._signing = signing
        self._clock = clock
        self._random_bytes = random_bytes

    async def issue(self, subject: UUID) -> TokenPair:
        """Tokens of a new login.

        Raises:
            Forbidden: there is no such agent or person, or it is retired.
        """
        family, first = (
            new_id(self._clock),
            refresh_tokens.refresh_token(self._random_bytes(refresh_tokens.TOKEN_BYTES)),
        )
        key, now = await self._signing.key(), self._clock.now()
        async with self._database.transaction() as connection:
            caller = await self._caller(connection, subject)
            until = now + refresh_tokens.LIFETIME
            await refresh_token.begin_family(connection, family, subject, hash_of(first), now=now, until=until)
            await self._sweep(connection)
        access = access_tokens.issue_access_token(caller, key, token_id=new_id(self._clock), now=now, session=family)
        return TokenPair(access, first, access_tokens.expires_in_seconds(), subject)

    async def access_token(self, subject: UUID) -> str:
        """An access token alone, for a process that can make another.

        Raises:
            Forbidden: there is no such agent or person, or it is retired.
        """
        async with self._database.transaction() as connection:
            caller = await self._caller(connection, subject)
        key = await self._signing.key()
        return access_tokens.issue_access_token(caller, key, token_id=new_id(self._clock), now=self._clock.now())

    async def refresh(self, token: str) -> TokenPair:
        """New tokens for a refresh token, which counts no more; shown once too often, it ends its login.

        Raises:
            Unauthenticated: no refresh token of ours, expired, revoked or used before.
        """
        if not is_refresh_token(token):
            raise Unauthenticated(_REFUSED)
        key = await self._signing.key()
        async with self._database.transaction() as connection:
            shown = await refresh_token.locked(connection, hash_of(token))
            fate = fate_of(_shown(shown), self._clock.now())
            if shown is None or fate is Fate.REFUSE:
                raise Unauthenticated(_REFUSED)
            if fate is Fate.REVOKE:
                await self._revoke_family(connection, shown.family_id, REUSED)
                caller = None
            else:
                caller = await caller_at(connection, shown.subject)
                successor = await self._successor(connection, token, shown)
                await self._sweep(connection)
        if caller is None:
            raise Unauthenticated(_REFUSED)
        access = access_tokens.issue_access_token(
            caller, key, token_id=new_id(self._clock), now=self._clock.now(), session=shown.family_id
        )
        return TokenPair(access, successor, access_tokens.expires_in_seconds(), shown.subject)

    async def revoke_refresh(self, token: str) -> bool:
        """End the login of a refresh token, and the access tokens that came of it; False if it is none of ours."""
        async with self._database.transaction() as connection:
            shown = await refresh_token.locked(connection, hash_of(token))
            if shown is None:
                return False
            await self._revoke_family(connection, shown.family_id, "its holder ended it")
            return True

    async def revoke_access(self, token: str, gate_keys: access_tokens.KeyById) -> None:
        """End an access token, and the login it came of.

        Raises:
            Unauthenticated: it is none of ours, or has expired.
        """
        claims = access_tokens.read_access_token(token, gate_keys, self._clock.now())
        now = self._clock.now()
        async with self._database.transaction() as connection:
            await revoked_token.revoke(connection, claims.token_id, now=now, until=claims.expires_at)
            if claims.session is not None:
                await self._revoke_family(connection, claims.session, "its holder ended it")

    async def revoke_subject(self, subject: UUID, why: str) -> int:
        """End every token that an agent or a person has; answers how many logins that were."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            ended = await refresh_token.revoke_subject(connection, subject, why, now)
            await revoked_token.revoke(connection, subject, now=now, until=now + access_tokens.LIFETIME)
        return len(ended)

    async def _successor(self, connection: Connection, token: str, shown: RefreshTokenRecord) -> str:
        if shown.salt is not None:
            return successor_of(token, shown.salt)
        now, salt = self._clock.now(), self._random_bytes(refresh_tokens.TOKEN_BYTES)
        successor = successor_of(token, salt)
        until = now + refresh_tokens.LIFETIME
        await refresh_token.rotate(
            connection, hash_of(token), shown.family_id, salt, hash_of(successor), now=now, until=until
        )
        return successor

    async def _revoke_family(self, connection: Connection, family_id: UUID, why: str) -> None:
        now = self._clock.now()
        await refresh_token.revoke_family(connection, family_id, why, now)
        await revoked_token.revoke(connection, family_id, now=now, until=now + access_tokens.LIFETIME)

    async def _caller(self, connection: Connection, subject: UUID) -> Caller:
        caller = await caller_at(connection, subject)
        if caller is None:
            raise Forbidden(f"{subject} is not known here, or retired: no token is given", {"subject": str(subject)})
        return caller

    async def _sweep(self, connection: Connection) -> None:
        now = self._clock.now()
        await refresh_token.forget_expired(connection, now, SWEEP_ROWS_MAX)
        await revoked_token.forget_expired(connection, now, SWEEP_ROWS_MAX)
        await token_key.forget(connection, now - refresh_tokens.LIFETIME, SWEEP_ROWS_MAX)


def _shown(row: RefreshTokenRecord | None) -> Shown | None:
    if row is None:
        return None
    return Shown(row.expires_at, row.used_at, row.salt is not None, row.successor_used, row.revoked_at)
