"""Who asks over HTTP, by a bearer token a role: kept in the home's `keys/api.tokens` (0600), made on the first serve.

Each line is a role and its token. A role is taken away, or its token changed, by editing the file and serving anew.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from chimera.core.errors import EngineUnavailable, Unauthenticated, ValidationFailed
from chimera.security.keys import write_once

TOKENS_FILE = "api.tokens"
TOKEN_CHARACTERS_MIN = 32
_TOKEN_BYTES = 32
_TOKEN = re.compile(rf"[A-Za-z0-9_-]{{{TOKEN_CHARACTERS_MIN},512}}")
_FILE_BYTES_MAX = 16 * 1024
_SCHEME = "bearer"


class ApiRole(StrEnum):
    """What a token is for: asking for money, or answering for the people who decide about it. Never both."""

    SPENDER = "request:spend"
    FINANCE = "finance"


@dataclass(frozen=True, slots=True)
class ApiTokens:
    """The roles' tokens, kept as hashes only."""

    hashes: tuple[tuple[ApiRole, bytes], ...]

    def role_of(self, authorization: str) -> ApiRole:
        """Whose token an `Authorization` header carries; every token is compared, each in constant time.

        Raises:
            Unauthenticated: no bearer token, or one nobody has.
        """
        scheme, _, token = authorization.partition(" ")
        shown = _hash(token.strip())
        matching = [role for role, kept in self.hashes if hmac.compare_digest(shown, kept)]
        if scheme.lower() != _SCHEME or not matching:
            raise Unauthenticated(
                "show a token: `Authorization: Bearer <token>` with one of the home's keys/api.tokens"
            )
        return matching[0]


def api_tokens(keys_folder: Path) -> ApiTokens:
    """The tokens of this home, made if there are none.

    Raises:
        EngineUnavailable: the file can't be read, is open to other users, or is damaged.
    """
    path = keys_folder / TOKENS_FILE
    made = "".join(f"{role} {secrets.token_urlsafe(_TOKEN_BYTES)}\n" for role in ApiRole)
    write_once(path, made.encode(), mode=0o600)
    return ApiTokens(tuple((role, _hash(token)) for role, token in _pairs(path, _lines(path))))


def token_to_show(token: str | None, token_file: Path | None) -> str:
    """The token this process asks under, from CFO_TOKEN or from the file that CFO_TOKEN_FILE names.

    Raises:
        ValidationFailed: neither, unreadable, or no token.
    """
    variable = "CFO_TOKEN" if token_file is None else "CFO_TOKEN_FILE"
    try:
        text = _start_of(token_file) if token_file is not None else token or ""
    except OSError as error:
        raise ValidationFailed(f"CFO_TOKEN_FILE: {token_file} can't be read: {error.strerror}") from error
    if not _TOKEN.fullmatch(text.strip()):
        raise ValidationFailed(
            f"{variable} holds no token: it is {TOKEN_CHARACTERS_MIN} or more letters, digits, - and _, no more",
            {"variable": variable},
        )
    return text.strip()


def _start_of(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_FILE_BYTES_MAX).decode("latin-1")


def _lines(path: Path) -> list[str]:
    try:
        if path.stat().st_mode & 0o077:
            raise EngineUnavailable(
                f"{path} can be read by other users: run `chmod 600` on it, and remove it if others had access",
                {"path": str(path)},
            )
        text = _start_of(path)
    except OSError as error:
        raise EngineUnavailable(f"{path} can't be read: {error.strerror}", {"path": str(path)}) from error
    return [line for line in text.splitlines() if line.strip()]


def _pairs(path: Path, lines: Iterable[str]) -> list[tuple[ApiRole, str]]:
    pairs = [line.split() for line in lines]
    roles = {role.value for role in ApiRole}
    whole = all(len(pair) == 2 and pair[0] in roles and _TOKEN.fullmatch(pair[1]) for pair in pairs)
    if not whole or len({pair[1] for pair in pairs}) != len(pairs):
        raise EngineUnavailable(
            f"{path} is damaged: each line is a role ({', '.join(sorted(roles))}) and a token of at least "
            f"{TOKEN_CHARACTERS_MIN} characters that no other line has; remove it to have new ones made",
            {"path": str(path)},
        )
    return [(ApiRole(role), token) for role, token in pairs]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
