"""Tokens as they are asked for and given out (RFC 6749, section 5.1, under section 7's names)."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chimera.contracts.contract import Contract

RefreshToken = Annotated[str, Field(min_length=43, max_length=43, pattern=r"^[A-Za-z0-9_-]+$")]


class LogIn(Contract):
    """A person's name and password."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    password: Annotated[str, Field(min_length=1, max_length=256)]


class TokenRefresh(Contract):
    """A refresh token, to be exchanged; it counts once."""

    refresh_token: RefreshToken


class TokenRevocation(Contract):
    """An access or a refresh token whose login is to end."""

    token: Annotated[str, Field(min_length=1, max_length=4096)]


class IssuedTokens(Contract):
    """`agent_id` is the subject: an agent's id, or a person's. `expires_in` is the access token's, in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    agent_id: UUID


class Revoked(Contract):
    """What was shown counts no more, whether it did before or not (RFC 7009, section 2.2)."""

    revoked: Literal[True]
