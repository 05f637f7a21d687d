"""How webhooks' secrets are kept at rest: whoever opens the studio binds this to its data keys."""

from typing import Protocol

PURPOSE = "webhook.secret"


class Sealer(Protocol):
    def seal_bytes(self, purpose: str, context: str, plaintext: bytes) -> bytes: ...

    def open_bytes(self, purpose: str, context: str, sealed: bytes) -> bytes: ...
