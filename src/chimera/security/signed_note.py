"""Signed notes (C2SP signed-note) under one Ed25519 key: a text that ends in a line feed, an empty line, signatures."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Self

from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from chimera.core.errors import InvalidSignature, ValidationFailed

NOTE_BYTES_MAX = 64 * 1024
_SIGNATURES_MAX = 100
_ED25519 = b"\x01"
_KEY_ID_BYTES, _PUBLIC_KEY_BYTES = 4, 32
_NAME = re.compile(r"[^\s+]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class NoteKey:
    """Whose signature counts: a name without spaces or `+`, and its public key."""

    name: str
    public_key: VerifyKey

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature line names the key."""
        named = self.name.encode() + b"\n" + _ED25519 + bytes(self.public_key)
        return hashlib.sha256(named).digest()[:_KEY_ID_BYTES]

    def __str__(self) -> str:
        """The verifier key's text: name, key id in hex, type and key in base64, joined by `+`."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(_ED25519 + bytes(self.public_key))}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key of a verifier key's text.

        Raises:
            ValidationFailed: it is of another form, or its id is not of its key.
        """
        name, _, rest = text.strip().partition("+")
        encoded = _decoded(rest.partition("+")[2])
        if _NAME.fullmatch(name) and encoded[:1] == _ED25519 and len(encoded) == 1 + _PUBLIC_KEY_BYTES:
            key = cls(name, VerifyKey(encoded[1:]))
            if str(key) == text.strip():
                return key
        raise ValidationFailed(
            "not a verifier key: it reads <name>+<8 hex digits>+<base64>, as `chimera ledger checkpoint --json` tells"
        )


def sign_note(text: str, name: str, key: SigningKey) -> str:
    """The note of `text`, which ends in a line feed; the same text and key give the same note."""
    signature = NoteKey(name, key.verify_key).key_id + key.sign(text.encode()).signature
    return f"{text}\n\u2014 {name} {_base64(signature)}\n"


def open_note(note: str, key: NoteKey) -> str:
    """The text of a note that `key` signed; signatures under other keys are not looked at.

    Raises:
        InvalidSignature: it is no note, or `key` did not sign it.
    """
    text, mark, lines = note.rpartition("\n\n")
    signatures = lines.splitlines()
    if not mark or not lines.endswith("\n") or len(signatures) > _SIGNATURES_MAX or _CONTROL.search(note):
        raise InvalidSignature("this is no signed note: a text, an empty line, then lines of signatures")
    text += "\n"
    found = [_decoded(line.rpartition(" ")[2]) for line in signatures if line.startswith(f"\u2014 {key.name} ")]
    own = [signature[_KEY_ID_BYTES:] for signature in found if signature[:_KEY_ID_BYTES] == key.key_id]
    if not own:
        raise InvalidSignature(f"the note is not signed by {key}: give the key that signed it", {"key": str(key)})
    try:
        for signature in own:
            key.public_key.verify(text.encode(), signature)
    except (CryptoError, ValueError) as error:
        raise InvalidSignature(f"the note was changed: the signature of {key.name} is not of its text") from error
    return text


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _decoded(text: str) -> bytes:
    """The bytes of a base64 text, none if it is no such text."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
