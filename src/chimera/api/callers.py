"""Who asks: every route under `/v1` names the roles it is for, and nobody else gets past the first line."""

from collections.abc import Awaitable, Callable

from fastapi import Request

from chimera.core.errors import Forbidden
from chimera.security.api_tokens import ApiRole, ApiTokens

Guarding = Callable[[Request], Awaitable[ApiRole]]


def only(tokens: ApiTokens, *roles: ApiRole) -> Guarding:
    """A dependency that answers the caller's role if it is one of `roles`; it runs before the body is read."""

    async def caller(request: Request) -> ApiRole:
        role = tokens.role_of(request.headers.get("authorization", ""))
        if role not in roles:
            raise Forbidden(f"the token of {role.value} is not for this: ask with one of {' or '.join(roles)}")
        return role

    return caller


def either(tokens: ApiTokens) -> Guarding:
    """Whoever has a token."""
    return only(tokens, *ApiRole)
