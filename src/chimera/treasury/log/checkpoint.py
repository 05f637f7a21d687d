"""Checkpoints of the ledger's tree (C2SP tlog-checkpoint): a signed note of origin, size and root hash; pure."""

import base64
import binascii
import re
from dataclasses import dataclass
from uuid import UUID

from nacl.signing import SigningKey, VerifyKey

from chimera.core.errors import InvalidSignature
from chimera.security.signed_note import NOTE_BYTES_MAX, NoteKey, open_note, sign_note
from chimera.treasury.log.merkle import HASH_BYTES

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The ledger `origin` had `size` rows, whose tree has this root. `note` is its signed form."""

    origin: str
    size: int
    root: bytes
    note: str


def origin_of(ledger_id: UUID) -> str:
    """The name of a ledger's log, and of the key that signs its checkpoints."""
    return f"chimera/{ledger_id}"


def signed_checkpoint(origin: str, size: int, root: bytes, key: SigningKey) -> Checkpoint:
    """The checkpoint of a tree; the same tree and key give the same note."""
    body = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    return Checkpoint(origin, size, root, sign_note(body, origin, key))


def read_checkpoint(note: str, key: NoteKey) -> Checkpoint:
    """The checkpoint in a note that `key` signed, whose name is the origin.

    Raises:
        InvalidSignature: not signed by `key`, of another origin, or no checkpoint.
    """
    if len(note) > NOTE_BYTES_MAX:
        raise InvalidSignature(f"a checkpoint has at most {NOTE_BYTES_MAX} characters: this is another file")
    lines = open_note(note, key).splitlines()
    if len(lines) < _LINES or not all(lines) or not _SIZE.fullmatch(lines[1]):
        raise InvalidSignature("the note is no checkpoint: it tells origin, size and root hash, each on a line")
    if lines[0] != key.name:
        raise InvalidSignature(f"the checkpoint is of {lines[0]}, the key of {key.name}: it is of another ledger")
    return Checkpoint(lines[0], int(lines[1]), _root(lines[2]), note)


def read_checkpoint_of_any(note: str, public_key: VerifyKey) -> Checkpoint:
    """The checkpoint in a note that this key signed, of whatever origin it names.

    Raises:
        InvalidSignature: not signed by the key, or no checkpoint.
    """
    return read_checkpoint(note, NoteKey(note.partition("\n")[0], public_key))


def _root(text: str) -> bytes:
    try:
        root = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        root = b""
    if len(root) != HASH_BYTES:
        raise InvalidSignature("the note is no checkpoint: its third line is no root hash in base64")
    return root
