"""A sealed field opens for its own column and row only."""

import os
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chimera.core.errors import EngineUnavailable
from chimera.core.secret import Secret
from chimera.security.sealed_fields import PREFIX, SealedField

FIELD, SECRET = SealedField("webhooks.secret"), Secret("whsec-canary")


class OneKey:
    """Seals under one key, bound to purpose and context."""

    def __init__(self) -> None:
        self._cipher = AESGCM(AESGCM.generate_key(256))

    def seal_bytes(self, purpose: str, context: str, plaintext: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, plaintext, f"{purpose} {context}".encode())

    def open_bytes(self, purpose: str, context: str, sealed: bytes) -> bytes:
        return self._cipher.decrypt(sealed[:12], sealed[12:], f"{purpose} {context}".encode())


def test_it_opens_where_it_was_sealed_and_shows_nothing() -> None:
    seals, row = OneKey(), uuid4()
    text = FIELD.seal(seals, row, SECRET)
    assert text.startswith(PREFIX)
    assert "canary" not in text
    assert FIELD.open(seals, row, text) == SECRET


def test_it_opens_in_no_other_row_or_column() -> None:
    seals, row = OneKey(), uuid4()
    text = FIELD.seal(seals, row, SECRET)
    with pytest.raises(InvalidTag):
        FIELD.open(seals, uuid4(), text)
    with pytest.raises(InvalidTag):
        SealedField("webhooks.url").open(seals, row, text)


@pytest.mark.parametrize("text", ["whsec-in-the-open", PREFIX + "no base64!", ""])
def test_what_was_not_sealed_is_refused_unquoted(text: str) -> None:
    with pytest.raises(EngineUnavailable) as refused:
        FIELD.open(OneKey(), uuid4(), text)
    assert "whsec" not in refused.value.message
