"""Secrets in rows: a text sealed for its column and its row, so that neither a copy nor a swap of rows opens it."""

import base64
import binascii
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from chimera.core.errors import EngineUnavailable
from chimera.core.secret import Secret

PREFIX = "sealed:1:"


class FieldSeals(Protocol):
    """The ring of data keys, as far as short secrets need it."""

    def seal_bytes(self, purpose: str, context: str, plaintext: bytes) -> bytes: ...

    def open_bytes(self, purpose: str, context: str, sealed: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class SealedField:
    """A column (or a field inside a JSON column) that holds secrets, such as `webhooks.secret`."""

    name: str

    def seal(self, seals: FieldSeals, row: UUID, secret: Secret) -> str:
        """What is written into the row."""
        sealed = seals.seal_bytes(self.name, str(row), secret.reveal().encode())
        return PREFIX + base64.urlsafe_b64encode(sealed).decode()

    def open(self, seals: FieldSeals, row: UUID, text: str) -> Secret:
        """The secret of that row.

        Raises:
            EngineUnavailable: it was written by somebody else; and whatever the ring raises for what was changed.
        """
        if not text.startswith(PREFIX):
            raise EngineUnavailable(
                f"{self.name} of {row} is not sealed, so Chimera did not write it: set it anew", {"field": self.name}
            )
        try:
            sealed = base64.b64decode(text.removeprefix(PREFIX), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise EngineUnavailable(
                f"{self.name} of {row} is damaged: restore it from a backup, or set it anew", {"field": self.name}
            ) from None
        return Secret(seals.open_bytes(self.name, str(row), sealed).decode())
