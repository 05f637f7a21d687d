"""Access tokens (RFC 7519, RFC 9068; specification section 7): RS256 and nothing else, for an hour, of one subject.

A token is read in two steps: what it says of itself (`read_access_token`, pure), then whether its subject's row still
says the same (`security/token_gate.py`).
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.util import urlsafe_b64decode

from chimera.core.errors import Unauthenticated
from chimera.core.vocabulary import PersonRole, Role
from chimera.security.permissions import ROLES, Caller
from chimera.security.token_keys import SigningTokenKey

ISSUER = "chimera"
AUDIENCE = "chimera-api"
LIFETIME = timedelta(hours=1)
EARLY = timedelta(seconds=30)
"""How far the clock of the process that issued a token may be ahead of this one."""
TOKEN_CHARACTERS_MAX = 4096
ALGORITHM = "RS256"
TYPE = "at+jwt"
_FORM = re.compile(r"([A-Za-z0-9_-]{1,1000})\.[A-Za-z0-9_-]{1,2500}\.[A-Za-z0-9_-]{1,1400}")
_HEADER_NAMES = frozenset({"typ", "alg", "kid"})
_CLAIM_NAMES = frozenset({"iss", "aud", "sub", "exp", "iat", "jti", "role", "scope"})
_CLAIM_NAMES_MAY = _CLAIM_NAMES | {"sid", "nbf"}

KeyById = Callable[[str], RSAKey | None]


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. `session` is the login (the family of refresh tokens) that it came of."""

    key_id: str
    subject: UUID
    role: Role | PersonRole
    scope: str
    token_id: UUID
    issued_at: datetime
    expires_at: datetime
    session: UUID | None


class UnknownKey(Unauthenticated):
    """The token names a key that is not known here; it may have been made a moment ago."""


def scope_of(caller: Caller) -> str:
    """The caller's rights as a `scope` claim (RFC 8693, section 4.2)."""
    return " ".join(sorted(caller.rights))


def issue_access_token(
    caller: Caller, key: SigningTokenKey, *, token_id: UUID, now: datetime, session: UUID | None = None
) -> str:
    """A signed token of the caller, good for an hour."""
    issued_at = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(caller.id),
        "exp": issued_at + int(LIFETIME.total_seconds()),
        "iat": issued_at,
        "jti": str(token_id),
        "role": caller.role.value,
        "scope": scope_of(caller),
    }
    if session is not None:
        claims["sid"] = str(session)
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key.key, [ALGORITHM], default_type=TYPE)


def read_access_token(token: str, key_by_id: KeyById, now: datetime) -> Claims:
    """What a token of ours says, its signature, audience and times checked; nothing is looked up but its key.

    Raises:
        UnknownKey: it names a key that `key_by_id` does not give.
        Unauthenticated: it is none of ours, or not good now.
    """
    form = _FORM.fullmatch(token) if len(token) <= TOKEN_CHARACTERS_MAX else None
    if form is None:
        raise _refused("what was shown is no token")
    kid = _key_id(form[1])
    key = key_by_id(kid)
    if key is None:
        raise UnknownKey("the token is signed with a key that is not honoured here: get a new one")
    try:
        payload = jws.deserialize_compact(token, key, [ALGORITHM]).payload or b""
        claims = _document(payload)
    except (JoseError, ValueError, RecursionError) as error:
        raise _refused("the token's signature does not hold") from error
    return _claims(claims, kid, now)


def expires_in_seconds() -> int:
    return int(LIFETIME.total_seconds())


def _key_id(segment: str) -> str:
    """The key's id in a header that has nothing in it but a type, our algorithm and that id.

    Whatever else a header could bring along (another algorithm, a key, an address of one, `crit`) is refused unread.
    """
    try:
        header = _document(urlsafe_b64decode(segment.encode()))
    except (ValueError, RecursionError) as error:
        raise _refused("the token's header can't be read") from error
    kid = header.get("kid")
    if header.keys() != _HEADER_NAMES or not isinstance(kid, str):
        raise _refused("the token's header is not as ours are: typ, alg and kid, nothing else")
    if header["alg"] != ALGORITHM or header["typ"] != TYPE:
        raise _refused(f"the token's header is not as ours are: {ALGORITHM} and {TYPE}")
    return kid


def _claims(claims: dict[str, Any], kid: str, now: datetime) -> Claims:
    if not _CLAIM_NAMES <= claims.keys() <= _CLAIM_NAMES_MAY:
        raise _refused("the token's claims are not those of ours")
    if claims["iss"] != ISSUER or claims["aud"] != AUDIENCE:
        raise _refused("the token is for somebody else: its issuer or audience is not ours")
    try:
        read = Claims(
            key_id=kid,
            subject=UUID(claims["sub"]),
            role=ROLES[_text(claims["role"])],
            scope=_text(claims["scope"]),
            token_id=UUID(claims["jti"]),
            issued_at=_moment(claims["iat"]),
            expires_at=_moment(claims["exp"]),
            session=UUID(claims["sid"]) if "sid" in claims else None,
        )
        not_before = max(read.issued_at, _moment(claims["nbf"])) if "nbf" in claims else read.issued_at
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError) as error:
        raise _refused("a claim of the token is not as it should be") from error
    if now >= read.expires_at:
        raise _refused("the token has expired: refresh it")
    if not_before > now + EARLY:
        raise _refused("the token is not valid yet")
    if read.expires_at - read.issued_at > LIFETIME:
        raise _refused("the token is good for longer than ours are")
    return read


def _document(text: bytes) -> dict[str, Any]:
    """A JSON object in which no name stands twice.

    Raises:
        ValueError: it is none.
    """
    read = _strict(text.decode())
    if not isinstance(read, dict):
        raise ValueError("no JSON object")
    return read


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a name stands twice")
    return read


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_strict = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_no_constant).decode


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")
    return value


def _moment(seconds: object) -> datetime:
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise ValueError("no whole number of seconds")
    return datetime.fromtimestamp(seconds, UTC)


def _refused(message: str) -> Unauthenticated:
    return Unauthenticated(message)
