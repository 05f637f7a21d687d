"""HashiCorp Vault's HTTP interface as far as reading KV version 2 goes, over a real socket.

Paths, headers, status codes and bodies are those of Vault's API documentation (secret/kv/kv-v2, system/health):
`GET /v1/<mount>/data/<path>[?version=N]`, `X-Vault-Token`, `X-Vault-Namespace`, `{"errors": [...]}`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hvs.a-root-token-of-tests"


@dataclass
class VaultDouble:
    """What it holds and how it is: `versions[namespace, mount, path]` has every version of a secret, number 1 first."""

    versions: dict[tuple[str, str, str], list[dict[str, Any] | None]] = field(default_factory=dict)
    #: Tokens and the prefixes of `mount/path` that their policies let them read.
    policies: dict[str, tuple[str, ...]] = field(default_factory=lambda: {TOKEN: ("",)})
    sealed: bool = False
    #: Answers given before any other: a status, and the seconds of its Retry-After.
    trouble: list[tuple[int, str | None]] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    address: str = ""

    def put(self, mount: str, path: str, secret: dict[str, Any] | None, namespace: str = "") -> None:
        """A new version; None is a deleted one."""
        self.versions.setdefault((namespace, mount, path), []).append(secret)

    def answer(self, target: str, headers: dict[str, str]) -> tuple[int, dict[str, Any], str | None]:
        self.requests.append((target, headers))
        if self.trouble:
            status, retry_after = self.trouble.pop(0)
            return status, {"errors": ["request rate exceeded" if status == 429 else "internal error"]}, retry_after
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}, None
        parts = urlsplit(target)
        found = self._found(parts.path, headers.get("x-vault-namespace", "").strip("/"))
        if found is None:
            return 403, {"errors": ["permission denied"]}, None
        place, versions = found
        if not self._may_read(headers.get("x-vault-token", ""), place):
            return 403, {"errors": ["1 error occurred:\n\t* permission denied\n\n"]}, None
        wanted = parse_qs(parts.query).get("version", ["0"])[0]
        return (*_version(versions, int(wanted)), None)

    def _found(self, path: str, namespace: str) -> tuple[str, list[dict[str, Any] | None]] | None:
        """The secret under the longest mount that fits; None where there is no such mount, which Vault calls denied."""
        address = unquote(path.removeprefix("/v1/"))
        mounts = {mount for of, mount, _ in self.versions if of == namespace and address.startswith(f"{mount}/data/")}
        if not mounts or not path.startswith("/v1/"):
            return None
        mount = max(mounts, key=len)
        inside = address.removeprefix(f"{mount}/data/")
        return f"{mount}/{inside}", self.versions.get((namespace, mount, inside), [])

    def _may_read(self, token: str, place: str) -> bool:
        return any(place.startswith(prefix) for prefix in self.policies.get(token, ()))


def _version(versions: list[dict[str, Any] | None], wanted: int) -> tuple[int, dict[str, Any]]:
    number = wanted or len(versions)
    if not 0 < number <= len(versions):
        return 404, {"errors": []}
    secret = versions[number - 1]
    metadata = {
        "created_time": "2026-02-06T12:00:00.000000000Z",
        "custom_metadata": None,
        "deletion_time": "" if secret is not None else "2026-02-06T13:00:00.000000000Z",
        "destroyed": False,
        "version": number,
    }
    body = {
        "request_id": "7f2ee0a4-5c4a-4c0e-9a57-000000000000",
        "lease_id": "",
        "renewable": False,
        "lease_duration": 0,
        "data": {"data": secret, "metadata": metadata},
        "wrap_info": None,
        "warnings": None,
        "auth": None,
        "mount_type": "kv",
    }
    return (200 if secret is not None else 404), body


@contextmanager
def running_vault() -> Iterator[VaultDouble]:
    """An unsealed Vault on loopback, stopped when the block ends."""
    vault = VaultDouble()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, body, retry_after = vault.answer(self.path, headers)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Length", str(len(content)))
            if retry_after is not None:
                self.send_header("Retry-After", retry_after)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="vault double", daemon=True)
    serving.start()
    vault.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield vault
    finally:
        server.shutdown()
        server.server_close()
        serving.join(5)
