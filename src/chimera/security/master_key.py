"""The studio's master key: from CHIMERA_DATA_KEY, or made once in the home's `keys/data.key` with mode 0600.

It wraps the data keys in the database and nothing else (AES-256-GCM). `previous.data.key` is the one before a change.
"""

import base64
import binascii
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chimera.core.errors import EngineUnavailable, ValidationFailed
from chimera.security.keys import write_once
from chimera.security.sealing import KEY_BYTES, derived_key

VARIABLE = "CHIMERA_DATA_KEY"
PREVIOUS_VARIABLE = "CHIMERA_DATA_KEY_PREVIOUS"
MASTER_FILE, NEXT_FILE, PREVIOUS_FILE = "data.key", "next.data.key", "previous.data.key"
_FILE_BYTES_MAX = 1024
_NONCE_BYTES = 12
_ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class MasterKey:
    """32 bytes; `id` tells which, and nothing about them."""

    secret: bytes

    def __repr__(self) -> str:
        return f"MasterKey({self.id.hex()})"

    @property
    def id(self) -> bytes:
        return derived_key(self.secret, b"", b"chimera master key id")[:_ID_BYTES]

    def wrap(self, key_id: UUID, data_key: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self.secret).encrypt(nonce, data_key, _about(key_id))

    def unwrap(self, key_id: UUID, wrapped: bytes) -> bytes | None:
        """The data key; None if it is wrapped with another master, or was changed."""
        try:
            return AESGCM(self.secret).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], _about(key_id))
        except InvalidTag:
            return None


def _about(key_id: UUID) -> bytes:
    return b"chimera data key 1" + key_id.bytes


def master_keys(
    keys_folder: Path, configured: str | None, previous: str | None = None, *, may_make: bool
) -> tuple[MasterKey, ...]:
    """The master key that wraps, and after it earlier ones that still unwrap.

    Raises:
        ValidationFailed: a variable holds no key.
        EngineUnavailable: the home's file can't be read, is damaged, or is not there and may not be made.
    """
    found = [_parsed(configured, VARIABLE)] if configured is not None else _of_home(keys_folder, may_make=may_make)
    if previous is not None:
        found.append(_parsed(previous, PREVIOUS_VARIABLE))
    return tuple(found)


def _of_home(keys_folder: Path, *, may_make: bool) -> list[MasterKey]:
    path = keys_folder / MASTER_FILE
    if not path.exists() and not may_make:
        raise EngineUnavailable(
            f"the database's data keys need their master key, which is not in this home: copy {MASTER_FILE} from the "
            f"keys folder of the home that has it to {path}, or set {VARIABLE}",
            {"path": str(path)},
        )
    write_once(path, new_master_text(), mode=0o600)
    others = [keys_folder / name for name in (NEXT_FILE, PREVIOUS_FILE) if (keys_folder / name).exists()]
    return [_read(file) for file in (path, *others)]


def new_master_text() -> bytes:
    """A new master key as it is written."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n"


def begin_next(keys_folder: Path) -> MasterKey:
    """The key that takes over, kept beside the present one until `take_over`; one that was begun is gone on with.

    Raises:
        EngineUnavailable: it can't be written.
    """
    write_once(keys_folder / NEXT_FILE, new_master_text(), mode=0o600)
    return _read(keys_folder / NEXT_FILE)


def take_over(keys_folder: Path) -> None:
    """Let the begun key be the present one; what was present is kept as the previous one."""
    present, begun = keys_folder / MASTER_FILE, keys_folder / NEXT_FILE
    (keys_folder / PREVIOUS_FILE).unlink(missing_ok=True)
    (keys_folder / PREVIOUS_FILE).hardlink_to(present)
    begun.replace(present)


def _read(path: Path) -> MasterKey:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise EngineUnavailable(
                    f"{path} can be read by other users: run `chmod 600` on it, and change the master key with "
                    "`chimera keys rotate-data --rewrap` if others had access",
                    {"path": str(path)},
                )
            text = file.read(_FILE_BYTES_MAX).decode("latin-1")
    except OSError as error:
        raise EngineUnavailable(f"{path} can't be read: {error.strerror}", {"path": str(path)}) from error
    if (secret := _secret(text)) is None:
        raise EngineUnavailable(f"{path} is damaged: restore the master key from a backup", {"path": str(path)})
    return MasterKey(secret)


def _parsed(text: str, variable: str) -> MasterKey:
    if (secret := _secret(text)) is None:
        raise ValidationFailed(
            f"{variable} is no key: it takes 32 random bytes in base64, as `openssl rand -base64 32` prints them",
            {"variable": variable},
        )
    return MasterKey(secret)


def _secret(text: str) -> bytes | None:
    stripped = text.strip()
    try:
        raw = base64.b64decode(stripped + "=" * (-len(stripped) % 4), altchars=None, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == KEY_BYTES else None
