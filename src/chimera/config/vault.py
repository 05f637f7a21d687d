"""HashiCorp Vault's KV version 2 over HTTP: bounded in time, bytes and attempts; neither proxies nor redirects are
followed, so the token stays with the server it was given for."""

import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2

from chimera.config.problem import VariableRefused
from chimera.config.references import VaultReference
from chimera.core.secret import Secret

ATTEMPTS_MAX = 4
CONNECT_SECONDS_MAX = 3.0
ANSWER_SECONDS_MAX = 5.0
ANSWER_BYTES_MAX = 1024 * 1024
FIRST_PAUSE_SECONDS = 0.2
RETRY_AFTER_SECONDS_MAX = 5.0
_AGAIN = frozenset({412, 429, 500, 502, 503, 504})

Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class VaultServer:
    """Where Vault answers and what we show it."""

    address: str
    token: Secret
    namespace: str | None = None
    ca_file: Path | None = None


class _TryAgain(Exception):
    """No answer, or one that says to come back."""

    def __init__(self, failure: VariableRefused, pause_seconds: float | None = None) -> None:
        super().__init__(failure.text)
        self.failure = failure
        self.pause_seconds = pause_seconds


class Vault:
    """Reads each secret once, however many of its fields are asked for."""

    def __init__(self, server: VaultServer, *, sleep: Sleep = time.sleep) -> None:
        self._server = server
        self._sleep = sleep
        self._read: dict[tuple[str, str, int | None], dict[str, Any]] = {}

    def field(self, reference: VaultReference) -> str:
        """The text of a field.

        Raises:
            VariableRefused: Vault does not give it; the text says why, and nothing of the secret.
        """
        key = (reference.mount, reference.path, reference.version)
        if key not in self._read:
            self._read[key] = self._fields(reference)
        value = self._read[key].get(reference.field)
        if not isinstance(value, str) or not value:
            have = "is not there" if value is None else "is no text"
            raise VariableRefused(f"the field {reference.field} {have} in Vault's {_shown(reference)}")
        return value

    def _fields(self, reference: VaultReference) -> dict[str, Any]:
        with self._client() as client:
            for attempt in range(ATTEMPTS_MAX):
                try:
                    return self._once(client, reference)
                except _TryAgain as again:
                    if attempt == ATTEMPTS_MAX - 1:
                        raise again.failure from again
                    pause = FIRST_PAUSE_SECONDS * 2**attempt if again.pause_seconds is None else again.pause_seconds
                    self._sleep(pause)
        raise AssertionError("the last attempt answers or raises")

    def _client(self) -> httpx2.Client:
        headers = {"X-Vault-Token": self._server.token.reveal(), "X-Vault-Request": "true"}
        if self._server.namespace:
            headers["X-Vault-Namespace"] = self._server.namespace
        try:
            trusted = ssl.create_default_context(cafile=self._server.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise VariableRefused(f"VAULT_CACERT: {self._server.ca_file} holds no certificates") from error
        return httpx2.Client(
            base_url=self._server.address,
            headers=headers,
            timeout=httpx2.Timeout(ANSWER_SECONDS_MAX, connect=CONNECT_SECONDS_MAX),
            verify=trusted,
            follow_redirects=False,
            trust_env=False,
        )

    def _once(self, client: httpx2.Client, reference: VaultReference) -> dict[str, Any]:
        path = f"/v1/{quote(reference.mount)}/data/{quote(reference.path)}"
        terms = {"version": str(reference.version)} if reference.version else {}
        try:
            with client.stream("GET", path, params=terms) as answer:
                body = _bounded(answer)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise _TryAgain(self._unreachable(type(error).__name__)) from error
        if answer.status_code in _AGAIN:
            raise _TryAgain(self._unreachable(_why(answer.status_code)), _retry_after(answer))
        if answer.status_code != httpx2.codes.OK:
            raise self._refused(answer.status_code, reference)
        return _data(body, reference)

    def _unreachable(self, what: str) -> VariableRefused:
        return VariableRefused(f"Vault at {self._server.address} does not answer ({what})", passing=True)

    def _refused(self, status: int, reference: VaultReference) -> VariableRefused:
        shown = _shown(reference)
        if status == httpx2.codes.FORBIDDEN:
            return VariableRefused(f"Vault refuses {shown}: the token has ended, or no policy lets it read that")
        if status == httpx2.codes.NOT_FOUND:
            return VariableRefused(
                f"Vault has no {shown}: look at the mount (KV version 2), the path, the version and VAULT_NAMESPACE"
            )
        return VariableRefused(f"Vault at {self._server.address} answers {status} for {shown}: check VAULT_ADDR")


def _bounded(answer: httpx2.Response) -> bytes:
    began_at, body = time.monotonic(), bytearray()
    for chunk in answer.iter_bytes():
        body += chunk
        if len(body) > ANSWER_BYTES_MAX or time.monotonic() - began_at > ANSWER_SECONDS_MAX:
            raise VariableRefused("Vault's answer is too long or too slow: is VAULT_ADDR the right address?")
    return bytes(body)


def _data(body: bytes, reference: VaultReference) -> dict[str, Any]:
    try:
        data = json.loads(body)["data"]
        fields, version = data["data"], data["metadata"]["version"]
    except (ValueError, KeyError, TypeError):
        # The parser's error holds the document, and with it the secret.
        raise VariableRefused(
            f"{_shown(reference)} is no secret of Vault's KV version 2: look at the mount's version"
        ) from None
    if not isinstance(fields, dict) or (reference.version is not None and version != reference.version):
        raise VariableRefused(f"Vault has another version than the one asked for of {_shown(reference)}, or none")
    return fields


def _shown(reference: VaultReference) -> str:
    version = f" version {reference.version}" if reference.version else ""
    return f"{reference.mount}/{reference.path}{version}"


def _why(status: int) -> str:
    return {429: "too many requests", 503: "sealed or in maintenance"}.get(status, f"status {status}")


def _retry_after(answer: httpx2.Response) -> float | None:
    seconds = answer.headers.get("retry-after", "")
    return min(float(seconds), RETRY_AFTER_SECONDS_MAX) if seconds.isdecimal() else None
