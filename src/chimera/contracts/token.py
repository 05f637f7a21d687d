"""Tokens as they are asked for and given out (RFC 6749, section 5.1, under section 7's names)."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from chimera.contracts.contract import Contract
from chimera.contracts.spending_orders import PersonName

RefreshToken = Annotated[str, Field(min_length=43, max_length=43, pattern=r"^[A-Za-z0-9_-]+$")]


def _is_text(password: str) -> str:
    try:
        password.encode()
    except UnicodeEncodeError as error:
        raise ValueError("must be text") from error
    return password


class LogIn(Contract):
    """A person's name and password."""

    name: PersonName
    password: Annotated[str, Field(min_length=1, max_length=256, repr=False), AfterValidator(_is_text)]


class TokenRefresh(Contract):
    """A refresh token, to be exchanged; it counts once."""

    refresh_token: Annotated[RefreshToken, Field(repr=False)]


class TokenRevocation(Contract):
    """An access or a refresh token whose login is to end."""

    token: Annotated[str, Field(min_length=1, max_length=4096, repr=False)]


class IssuedTokens(Contract):
    """`agent_id` is the subject: an agent's id, or a person's. `expires_in` is the access token's, in seconds."""

    access_token: str = Field(repr=False)
    refresh_token: str = Field(repr=False)
    expires_in: int
    agent_id: UUID


class Revoked(Contract):
    """What was shown counts no more, whether it did before or not (RFC 7009, section 2.2)."""

    revoked: Literal[True]
