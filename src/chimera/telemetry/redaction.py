"""No secret leaves in a log line: what must not be shown is found by its key, by its shape, or by being known.

The values of configured secrets are registered when they are read; shapes and keys catch what was never registered.
"""

import re
from collections.abc import Iterable, Mapping, MutableMapping
from functools import lru_cache
from threading import Lock
from typing import Any

HIDDEN = "[redacted]"
SECRET_CHARACTERS_MIN = 6
"""Shorter ones would black out ordinary words."""
SECRETS_MAX = 1_000
DEPTH_MAX = 12
TEXT_CHARACTERS_MAX = 65_536
_TOO_DEEP = "[too deep]"

_SECRET_KEY = re.compile(
    r"(?i)(^|[_\-. ])(pass(word|wd|phrase)?|pwd|secrets?|tokens?|api[_-]?keys?|private[_-]?keys?|signing[_-]?key|"
    r"access[_-]?key([_-]?id)?|secret[_-]?key|auth(orization)?|proxy-authorization|credentials?|cookies?|set-cookie|"
    r"bearer|jwt|session[_-]?id|client[_-]?secret|x-api-key|data[_-]?key)($|[_\-. ])"
    r"|(?i:password|apikey|secret|privatekey|authtoken|accesstoken|refreshtoken)"
)
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN [A-Z0-9 ]{1,64}-----.*?(?:-----END [A-Z0-9 ]{1,64}-----|\Z)", re.DOTALL), HIDDEN),
    (re.compile(r"\b(bearer|basic|digest|token)(\s+|=|:\s*)[A-Za-z0-9+/_.~=-]{8,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{2,}(?:\.[A-Za-z0-9_-]*)?"), HIDDEN),
    (re.compile(r"(://)[^\s/?#@\"':]*:[^\s/?#\"']*@"), rf"\1{HIDDEN}@"),
    (re.compile(r"\b[spr]k-[A-Za-z0-9_-]{16,}"), HIDDEN),
    (re.compile(r"\b(?:hv[sbr]|s)\.[A-Za-z0-9_-]{20,}"), HIDDEN),
    (re.compile(r"\bA(?:KIA|SIA)[A-Z0-9]{16}\b"), HIDDEN),
    (re.compile(r"\bchimera_[a-z]{1,16}_[A-Za-z0-9_-]{16,}"), HIDDEN),
    (
        re.compile(
            r"((?:passw(?:or)?d|secret|token|api[_-]?key|private[_-]?key)[a-z0-9_-]{0,40}[\"']?\s*[=:]\s*)"
            r"([\"']?)(?!\[redacted\])[^\s\"',;&}]{3,}",
            re.IGNORECASE,
        ),
        rf"\1\2{HIDDEN}",
    ),
)
"""PEM blocks, schemes of Authorization, JWTs, passwords in urls, vendors' keys, Vault's and AWS's, our own tokens, and
`name=value` pairs of secret names."""
_RANDOM_TOKEN = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
"""What `secrets.token_urlsafe(32)` makes, if it mixes cases and digits."""


class Secrets:
    """The values that are known to be secret in this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._values: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None

    def register(self, values: Iterable[str]) -> None:
        """Never show these, nor any line of one that has several."""
        parts = {part.strip() for value in values for part in (value, *value.splitlines())}
        with self._lock:
            known = self._values | {part for part in parts if len(part) >= SECRET_CHARACTERS_MIN}
            if len(known) > SECRETS_MAX:
                raise ValueError(f"more than {SECRETS_MAX} secrets")
            self._values = known
            longest_first = sorted(known, key=lambda text: (-len(text), text))
            self._pattern = re.compile("|".join(map(re.escape, longest_first))) if known else None

    def hidden(self, text: str) -> str:
        return text if self._pattern is None else self._pattern.sub(HIDDEN, text)


KNOWN = Secrets()
"""What this process has read; `redacted` hides them unless it is given others."""


def redacted(value: Any, secrets: Secrets = KNOWN, depth: int = 0) -> Any:
    """The value as it may be shown. Whatever is no JSON becomes its text first."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth > DEPTH_MAX:
        return _TOO_DEEP
    if isinstance(value, Mapping):
        return {_text(key, secrets): _field(key, item, secrets, depth) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(item, secrets, depth + 1) for item in value]
    return _text(value, secrets)


@lru_cache(maxsize=2048)
def is_secret_name(name: str) -> bool:
    """Whether a value under this name is never shown."""
    return _SECRET_KEY.search(name) is not None


def redact(logger: object, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor: the last one before the line is rendered."""
    del logger, method
    return {str(name): _field(name, value, KNOWN, 0) for name, value in line.items()}


def _field(name: object, value: Any, secrets: Secrets, depth: int) -> Any:
    if is_secret_name(str(name)) and not isinstance(value, bool | int | float | None):
        return HIDDEN
    return redacted(value, secrets, depth + 1)


def _text(value: object, secrets: Secrets) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes | bytearray) else _shown(value)
    text = secrets.hidden(text[:TEXT_CHARACTERS_MAX])
    for pattern, shown in _SHAPES:
        text = pattern.sub(shown, text)
    return _RANDOM_TOKEN.sub(_hidden_if_mixed, text)


def _hidden_if_mixed(found: re.Match[str]) -> str:
    text = found[0]
    kinds = (str.isupper, str.islower, str.isdigit)
    return HIDDEN if all(any(kind(letter) for letter in text) for kind in kinds) else text


def _shown(value: object) -> str:
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 - a line is written whatever its values do
        return f"<{type(value).__name__}: {type(error).__name__}>"
