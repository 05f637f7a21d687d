"""Who is who on a real database, signed with a key that is made once for all tests, and callers known beforehand."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from uuid import UUID

from chimera.core.clock import Clock
from chimera.core.errors import Unauthenticated
from chimera.core.vocabulary import PersonRole
from chimera.runtime.identity.identity import Identity, identity_of
from chimera.security.permissions import Caller
from chimera.security.token_keys import KEY_BITS_MIN, new_private_pem
from chimera.storage.database import Database


@cache
def token_key_pem() -> str:
    """A small key, as JWT_SECRET holds it."""
    return new_private_pem(KEY_BITS_MIN).decode()


def open_identity(database: Database, clock: Clock, keys_folder: Path = Path("/nonexistent")) -> Identity:
    return identity_of(keys_folder, token_key_pem(), database, clock)


async def token_of(identity: Identity, subject: UUID) -> str:
    """An access token of an agent or a person."""
    return (await identity.tokens.issue(subject)).access_token


async def person_token(identity: Identity, role: PersonRole, name: str | None = None) -> str:
    """An access token of a person, who is added for it."""
    person = await identity.people.add(name or f"Some {role}", role, None)
    return await token_of(identity, person.id)


class KnownCallers:
    """A gate that knows these callers by these words."""

    def __init__(self, callers: Mapping[str, Caller]) -> None:
        self._callers = callers

    async def caller(self, token: str) -> Caller:
        if token not in self._callers:
            raise Unauthenticated("nobody is known by that")
        return self._callers[token]
