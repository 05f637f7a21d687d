"""The two Ed25519 keys of the ledger: from a variable, or made once in the home's `keys` folder with mode 0600.

The CFO's signs decisions, the log's signs checkpoints. `cfo.pem` is the CFO's private key (PKCS #8), `cfo.pub` the
public one beside it; `log.pem` and `log.pub` are the log's; `retired/*.pub` are earlier public keys of the CFO, kept
so that old decisions still verify (RFC 8032, RFC 8410).
"""

import base64
import binascii
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from nacl.signing import SigningKey, VerifyKey

from chimera.core.errors import EngineUnavailable, ValidationFailed

RETIRED_FOLDER = "retired"

_KEY_FILE_BYTES_MAX = 16 * 1024
_RETIRED_KEYS_MAX = 1000
_SEED_BYTES = 32
_FORMS = (
    "an Ed25519 private key as PEM (PKCS #8), as 32 bytes in hex or base64, or the path of a file with one of these"
)


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Whose key it is, the variable that may hold it, and the name of its files."""

    owner: str
    variable: str
    private_file: str
    public_file: str


CFO_KEY = KeyPlace("the CFO's", "CFO_PRIVATE_KEY", "cfo.pem", "cfo.pub")
LOG_KEY = KeyPlace("the ledger log's", "LEDGER_LOG_PRIVATE_KEY", "log.pem", "log.pub")


def cfo_signing_key(keys_folder: Path, configured: str | None) -> SigningKey:
    """The key that signs decisions; see `signing_key`."""
    return signing_key(CFO_KEY, keys_folder, configured)


def log_signing_key(keys_folder: Path, configured: str | None) -> SigningKey:
    """The key that signs checkpoints of the ledger; see `signing_key`."""
    return signing_key(LOG_KEY, keys_folder, configured)


def signing_key(place: KeyPlace, keys_folder: Path, configured: str | None) -> SigningKey:
    """The key of `configured` (the place's variable) if given, otherwise the one in `keys_folder`, made if none is.

    Raises:
        ValidationFailed: the variable holds no key.
        EngineUnavailable: the key in `keys_folder` can't be read, is damaged, or does not fit its public key.
    """
    if configured is not None:
        return _configured(configured.strip(), place.variable)
    private_file, public_file = keys_folder / place.private_file, keys_folder / place.public_file
    if public_file.exists() and not private_file.exists():
        raise EngineUnavailable(
            f"{place.owner} private key {private_file} is gone, its public key is still there: "
            "restore it from a backup",
            {"path": str(private_file)},
        )
    write_once(private_file, new_private_pem(), mode=0o600)
    key = read_private_key(private_file)
    write_once(public_file, public_pem(key.verify_key), mode=0o644)
    if bytes(read_public_key(public_file)) != bytes(key.verify_key):
        raise EngineUnavailable(
            f"{private_file} and {public_file} are not of one pair: restore the one that was replaced",
            {"path": str(public_file)},
        )
    return key


def cfo_public_key(keys_folder: Path, configured: str | None) -> VerifyKey:
    """The CFO's public key of `configured` (CFO_PUBLIC_KEY) if given, otherwise `cfo.pub` of `keys_folder`.

    Raises:
        ValidationFailed: CFO_PUBLIC_KEY is not a key.
        EngineUnavailable: neither is there, or the file is damaged.
    """
    public_file = keys_folder / CFO_KEY.public_file
    if configured is not None:
        return _configured_public(configured.strip().replace("\\n", "\n"))
    if not public_file.exists():
        raise EngineUnavailable(
            f"the CFO's public key is not known here: copy {public_file.name} from the keys folder of the home that "
            f"holds the key to {public_file}, or set CFO_PUBLIC_KEY",
            {"path": str(public_file)},
        )
    return read_public_key(public_file)


def log_public_key(keys_folder: Path, configured: str | None) -> VerifyKey | None:
    """The public key of the log, of `configured` (LEDGER_LOG_PRIVATE_KEY) or of `log.pub`; None if neither is there.

    Raises:
        ValidationFailed: the variable holds no key.
        EngineUnavailable: the file is damaged.
    """
    if configured is not None:
        return _configured(configured.strip(), LOG_KEY.variable).verify_key
    public_file = keys_folder / LOG_KEY.public_file
    return read_public_key(public_file) if public_file.exists() else None


def retired_public_keys(keys_folder: Path) -> tuple[VerifyKey, ...]:
    """Earlier public keys of the CFO, as the operator kept them under `retired/`.

    Raises:
        EngineUnavailable: one of the files is not a public key.
    """
    files = sorted((keys_folder / RETIRED_FOLDER).glob("*.pub"))[:_RETIRED_KEYS_MAX]
    return tuple(read_public_key(file) for file in files)


def new_private_pem() -> bytes:
    """A new private key as PEM."""
    return Ed25519PrivateKey.from_private_bytes(secrets.token_bytes(_SEED_BYTES)).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_pem(key: VerifyKey) -> bytes:
    """The public key as a PEM SubjectPublicKeyInfo."""
    return Ed25519PublicKey.from_public_bytes(bytes(key)).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def read_public_key(path: Path) -> VerifyKey:
    """The public key in the PEM file at `path`.

    Raises:
        EngineUnavailable: no such file, unreadable, or not an Ed25519 public key.
    """
    try:
        key = serialization.load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise EngineUnavailable(f"{path} is damaged: restore the public key", {"path": str(path)}) from error
    if not isinstance(key, Ed25519PublicKey):
        raise EngineUnavailable(f"{path} is not an Ed25519 public key", {"path": str(path)})
    return VerifyKey(key.public_bytes_raw())


def _configured(text: str, variable: str) -> SigningKey:
    if key := _parse(text.replace("\\n", "\n")):
        return key
    path = Path(text)
    if "\n" not in text and len(text) < 1024 and path.is_file() and (key := _parse(_read(path).decode("latin-1"))):
        return key
    raise ValidationFailed(f"{variable} is not a key: it takes {_FORMS}", {"variable": variable})


def _configured_public(text: str) -> VerifyKey:
    if re.fullmatch(r"(0x)?[0-9a-fA-F]{64}", text):
        return VerifyKey(bytes.fromhex(text[-64:]))
    try:
        if text.startswith("-----BEGIN"):
            return _public_of_pem(text.encode())
        if len(text) < 1024 and Path(text).is_file():
            return read_public_key(Path(text))
    except ValueError:
        pass
    raise ValidationFailed(
        "CFO_PUBLIC_KEY is not a key: it takes an Ed25519 public key as PEM, as 32 bytes in hex, or the path of a PEM "
        "file",
        {"variable": "CFO_PUBLIC_KEY"},
    )


def _public_of_pem(pem: bytes) -> VerifyKey:
    """Raises: ValueError."""
    try:
        key = serialization.load_pem_public_key(pem)
    except UnsupportedAlgorithm as error:
        raise ValueError("no key that is known here") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("no Ed25519 key")
    return VerifyKey(key.public_bytes_raw())


def _parse(text: str) -> SigningKey | None:
    """The key in `text` in one of its forms, or None."""
    stripped = text.strip()
    if stripped.startswith("-----BEGIN"):
        return _parse_pem(stripped.encode())
    if re.fullmatch(r"(0x)?[0-9a-fA-F]{64}", stripped):
        return SigningKey(bytes.fromhex(stripped[-64:]))
    try:
        seed = base64.b64decode(
            stripped.replace("-", "+").replace("_", "/") + "=" * (-len(stripped) % 4), validate=True
        )
    except (binascii.Error, ValueError):
        return None
    return SigningKey(seed) if len(seed) == _SEED_BYTES else None


def _parse_pem(pem: bytes) -> SigningKey | None:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return SigningKey(key.private_bytes_raw()) if isinstance(key, Ed25519PrivateKey) else None


def read_private_key(path: Path) -> SigningKey:
    """The private key in the file at `path`, which only its owner may read.

    Raises:
        EngineUnavailable: no such file, unreadable, damaged, or open to other users.
    """
    content = _read(path)
    if path.stat().st_mode & 0o077:
        raise EngineUnavailable(
            f"{path} can be read by other users: run `chmod 600` on it, and replace the key if others had access",
            {"path": str(path)},
        )
    if key := _parse(content.decode("latin-1")):
        return key
    raise EngineUnavailable(f"{path} is damaged: restore the key from a backup", {"path": str(path)})


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_KEY_FILE_BYTES_MAX)
    except OSError as error:
        raise EngineUnavailable(f"{path} can't be read: {error.strerror}", {"path": str(path)}) from error


def write_once(path: Path, content: bytes, *, mode: int) -> None:
    """Put `content` at `path`, whole or not at all, unless something is there already: the first process wins.

    Raises:
        EngineUnavailable: it can't be written.
    """
    if not path.exists():
        _write(path, content, mode, _link)


def replace_whole(path: Path, content: bytes, *, mode: int) -> None:
    """Put `content` at `path`, whole or not at all, in place of what is there.

    Raises:
        EngineUnavailable: it can't be written.
    """
    _write(path, content, mode, _rename)


def _write(path: Path, content: bytes, mode: int, name: Callable[[Path, Path], None]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), mode)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            name(partial, path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise EngineUnavailable(f"{path} can't be written: {error.strerror}", {"path": str(path)}) from error


def _link(source: Path, target: Path) -> None:
    """Give the finished file its name; a hard link, unlike a rename, never replaces another process's file."""
    try:
        target.hardlink_to(source)
    except FileExistsError:
        return
    _sync(target.parent)


def _rename(source: Path, target: Path) -> None:
    source.replace(target)
    _sync(target.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
