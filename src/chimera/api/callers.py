"""Who asks: every route under `/v1` knows its caller by the token shown, and tells what the caller must be allowed."""

from collections.abc import Awaitable, Callable

from fastapi import Request

from chimera.core.errors import Forbidden, Unauthenticated
from chimera.security.gate import Gate
from chimera.security.permissions import Caller, Permission, require_subject

Guarding = Callable[[Request], Awaitable[Caller]]
_SCHEME = "bearer"


async def caller_of_request(gate: Gate, request: Request) -> Caller:
    """Who stands behind the request's `Authorization: Bearer <token>` (RFC 6750, section 2.1).

    Raises:
        Unauthenticated: no token, several, or one that does not count.
    """
    shown = request.headers.getlist("authorization")
    scheme, _, token = shown[0].partition(" ") if len(shown) == 1 else ("", "", "")
    if scheme.lower() != _SCHEME or not token.strip():
        raise Unauthenticated("show one token: `Authorization: Bearer <token>`, from `chimera token issue`")
    return await gate.caller(token.strip())


def anybody(gate: Gate) -> Guarding:
    """Whoever has a token that counts; it is looked at before the body is read."""

    async def caller(request: Request) -> Caller:
        return await caller_of_request(gate, request)

    return caller


def whoever_may(gate: Gate, *permissions: Permission) -> Guarding:
    """Whoever has one of the rights."""

    async def caller(request: Request) -> Caller:
        known = await caller_of_request(gate, request)
        if known.rights.isdisjoint(permissions):
            raise Forbidden(
                f"{known.role} {known.id} has no right to {' or '.join(permissions)}",
                {"agent_id": str(known.id), "role": known.role.value, "permission": permissions[0].value},
            )
        return known

    return caller


def whoever_may_call(gate: Gate, subject: str) -> Guarding:
    """Whoever section 7's table of subjects lets call this one."""

    async def caller(request: Request) -> Caller:
        known = await caller_of_request(gate, request)
        require_subject(known, subject)
        return known

    return caller
