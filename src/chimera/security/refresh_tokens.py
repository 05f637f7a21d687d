"""Refresh tokens: what one looks like, what its successor is, and what becomes of a shown one (RFC 9700, section 4.14).

A token is 256 random bits, kept as SHA-256 only. Its successor is HMAC-SHA256 of it under a salt made when it is used:
whoever shows the token again within the grace gets the same successor, and nobody can compute it from what is kept.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

LIFETIME = timedelta(days=7)
"""Of each token; a login that is used once a week goes on."""
GRACE = timedelta(seconds=10)
"""How long an answer may be lost and asked for again."""
TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class Fate(Enum):
    """What becomes of a login when one of its tokens is shown."""

    ROTATE = auto()
    REPEAT = auto()
    REFUSE = auto()
    REVOKE = auto()


@dataclass(frozen=True, slots=True)
class Shown:
    """A token as it is kept."""

    expires_at: datetime
    used_at: datetime | None
    has_salt: bool
    successor_used: bool
    revoked_at: datetime | None


def fate_of(shown: Shown | None, now: datetime) -> Fate:
    """Rotate an unused token, repeat a just used one whose answer may be lost, revoke the login of one used before."""
    if shown is None or shown.revoked_at is not None:
        return Fate.REFUSE
    if shown.used_at is not None:
        lost = shown.has_salt and not shown.successor_used and now - shown.used_at <= GRACE
        return Fate.REPEAT if lost else Fate.REVOKE
    return Fate.ROTATE if now < shown.expires_at else Fate.REFUSE


def refresh_token(random_bytes: bytes) -> str:
    """The token that so many random bytes are."""
    return base64.urlsafe_b64encode(random_bytes).decode().rstrip("=")


def is_refresh_token(text: str) -> bool:
    return _TOKEN.fullmatch(text) is not None


def successor_of(token: str, salt: bytes) -> str:
    """What the token is exchanged for."""
    return refresh_token(hmac.digest(salt, b"chimera/refresh-token/v1\n" + token.encode(), "sha256"))


def hash_of(token: str) -> bytes:
    """What is kept of a token: it is as random as a key, so no slow hash is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
