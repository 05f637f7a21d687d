"""What is asked without a token, since it is how one gets or ends one; nothing else belongs in this list."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from chimera.contracts.contract import Contract
from chimera.contracts.token import IssuedTokens, LogIn, Revoked, TokenRefresh, TokenRevocation
from chimera.core.errors import ChimeraError, EngineUnavailable, RateLimited, Unauthenticated
from chimera.runtime.identity.attempts import LogInAttempts
from chimera.runtime.identity.identity import Identity
from chimera.runtime.identity.tokens import TokenPair

JWKS_PATH = "/.well-known/jwks.json"
"""Answered by `Identity.jwks`, without a token either."""

Asked = TypeVar("Asked", bound=Contract)
Answered = TypeVar("Answered", bound=Contract)


@dataclass(frozen=True, slots=True)
class OpenOperation(Generic[Asked, Answered]):
    """As an `Operation`, but nobody is known yet: always a POST, never cached, never tried in a loop."""

    name: str
    summary: str
    path: str
    asks: type[Asked]
    answers: type[Answered]
    run: Callable[[Asked], Awaitable[Answered]]
    failures: tuple[type[ChimeraError], ...]


AnyOpenOperation = OpenOperation[Any, Any]


def open_operations(identity: Identity, attempts: LogInAttempts) -> tuple[AnyOpenOperation, ...]:
    """Everything that is open."""
    return (
        OpenOperation(
            name="tokens.log_in",
            summary="Tokens for a person's name and password.",
            path="/v1/tokens",
            asks=LogIn,
            answers=IssuedTokens,
            run=partial(_log_in, identity, attempts),
            failures=(Unauthenticated, RateLimited, EngineUnavailable),
        ),
        OpenOperation(
            name="tokens.refresh",
            summary="New tokens for a refresh token, which counts once; shown again later it ends its login.",
            path="/v1/tokens/refresh",
            asks=TokenRefresh,
            answers=IssuedTokens,
            run=partial(_refresh, identity),
            failures=(Unauthenticated, EngineUnavailable),
        ),
        OpenOperation(
            name="tokens.revoke",
            summary="Ends the login of an access or refresh token (RFC 7009).",
            path="/v1/tokens/revoke",
            asks=TokenRevocation,
            answers=Revoked,
            run=partial(_revoke, identity),
            failures=(EngineUnavailable,),
        ),
    )


async def _log_in(identity: Identity, attempts: LogInAttempts, asked: LogIn) -> IssuedTokens:
    async with attempts.one(asked.name):
        return issued(await identity.people.log_in(asked.name, asked.password))


async def _refresh(identity: Identity, asked: TokenRefresh) -> IssuedTokens:
    return issued(await identity.tokens.refresh(asked.refresh_token))


async def _revoke(identity: Identity, asked: TokenRevocation) -> Revoked:
    with suppress(Unauthenticated):  # it did not count before either
        await identity.revoke(asked.token)
    return Revoked(revoked=True)


def issued(pair: TokenPair) -> IssuedTokens:
    """What a caller is given, as JSON."""
    return IssuedTokens(
        access_token=pair.access_token,
        refresh_token=pair.refresh_token,
        expires_in=pair.expires_in,
        agent_id=pair.subject,
    )
