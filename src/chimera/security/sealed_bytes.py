"""Sealed bytes: a short secret under a key of its own, bound to what it is for and where it stands.

AES-256-GCM under HKDF-SHA256 of the data key and a random salt; the nonce may be fixed, since no key seals twice.
"""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chimera.core.errors import SealBroken
from chimera.security.sealing import TAG_BYTES, derived_key

_VERSION = b"\x01"
_ID_BYTES, _SALT_BYTES = 16, 32
_HEAD_BYTES = 1 + _ID_BYTES + _SALT_BYTES
_NONCE = bytes(12)
_PURPOSE = b"chimera sealed bytes 1"


def seal_bytes(key_id: UUID, data_key: bytes, purpose: str, context: str, plaintext: bytes) -> bytes:
    """`plaintext` sealed; it opens only for the same purpose and context (such as a column, and its row's id)."""
    head = _VERSION + key_id.bytes + os.urandom(_SALT_BYTES)
    return head + _cipher(head, data_key, purpose, context).encrypt(_NONCE, plaintext, head)


def key_id_of(sealed: bytes) -> UUID:
    """Under which data key it was sealed.

    Raises:
        SealBroken: it is nothing of ours.
    """
    if len(sealed) < _HEAD_BYTES + TAG_BYTES or sealed[:1] != _VERSION:
        raise SealBroken("this was not sealed by this version of Chimera: restore it from a backup")
    return UUID(bytes=sealed[1 : 1 + _ID_BYTES])


def open_bytes(sealed: bytes, data_key: bytes, purpose: str, context: str) -> bytes:
    """What was sealed.

    Raises:
        SealBroken: changed, or sealed for another purpose or context.
    """
    key_id_of(sealed)
    head, body = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES:]
    try:
        return _cipher(head, data_key, purpose, context).decrypt(_NONCE, body, head)
    except InvalidTag as error:
        raise SealBroken(
            f"the sealed {purpose} of {context} was changed, or belongs elsewhere: restore it from a backup",
            {"purpose": purpose},
        ) from error


def _cipher(head: bytes, data_key: bytes, purpose: str, context: str) -> AESGCM:
    salt = head[1 + _ID_BYTES :]
    return AESGCM(derived_key(data_key, salt, _PURPOSE, purpose.encode(), context.encode()))
