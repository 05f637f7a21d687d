"""Everything about who is who that one process has; nothing is read or made before it is first asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chimera.core.clock import Clock
from chimera.runtime.identity.asking_tokens import MadeTokens
from chimera.runtime.identity.people import People
from chimera.runtime.identity.signing import TokenSigning
from chimera.runtime.identity.standings import RowStandings
from chimera.runtime.identity.tokens import Tokens
from chimera.security.refresh_tokens import is_refresh_token
from chimera.security.token_gate import TokenGate
from chimera.security.token_keys import jwk_set
from chimera.storage.database import Database


@dataclass(frozen=True, slots=True)
class Identity:
    signing: TokenSigning
    tokens: Tokens
    gate: TokenGate
    people: People
    asking: MadeTokens

    async def revoke(self, token: str) -> bool:
        """End what an access or a refresh token stands for; False if it is a refresh token that nobody has.

        Raises:
            Unauthenticated: an access token that does not count.
        """
        if is_refresh_token(token):
            return await self.tokens.revoke_refresh(token)
        keys = {known.kid: known.key for known in await self.gate.keys()}
        await self.tokens.revoke_access(token, keys.get)
        return True

    async def jwks(self) -> dict[str, Any]:
        """The document at `/.well-known/jwks.json`: every public key whose tokens count now."""
        return jwk_set(await self.gate.keys())


def identity_of(keys_folder: Path, jwt_secret: str | None, database: Database, clock: Clock) -> Identity:
    """Over the tables of `database`, with the key of JWT_SECRET or of the home."""
    signing = TokenSigning(keys_folder, jwt_secret, database, clock)
    tokens = Tokens(database, signing, clock)
    return Identity(
        signing=signing,
        tokens=tokens,
        gate=TokenGate(signing.known, RowStandings(database), clock),
        people=People(database, tokens, clock),
        asking=MadeTokens(tokens, database, clock),
    )
