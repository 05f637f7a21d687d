"""The RSA keys that sign access tokens: of JWT_SECRET, or made in the home's `keys` folder when one is first needed.

A key's id is its RFC 7638 thumbprint. Public keys are shown to others as a JWK set (RFC 7517, section 5).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from joserfc.jwk import RSAKey

from chimera.core.errors import EngineUnavailable, ValidationFailed
from chimera.security.keys import replace_whole, write_once

VARIABLE = "JWT_SECRET"
KEY_FILE = "tokens.pem"
KEY_BITS_MIN = 2048
KEY_BITS_MAX = 8192
NEW_KEY_BITS = 3072
_EXPONENT = 65_537
_FILE_BYTES_MAX = 32 * 1024
_PATH_CHARACTERS_MAX = 1024


@dataclass(frozen=True, slots=True)
class SigningTokenKey:
    """A private key, and its id."""

    kid: str
    key: RSAKey

    @property
    def public_pem(self) -> str:
        return self.key.as_pem(private=False).decode()


@dataclass(frozen=True, slots=True)
class KnownTokenKey:
    """A public key whose tokens count until a moment."""

    kid: str
    key: RSAKey
    honoured_until: datetime


def configured_token_key(text: str) -> SigningTokenKey:
    """The key that JWT_SECRET holds, or whose file it names.

    Raises:
        ValidationFailed: no RSA private key, or one that is too small.
        EngineUnavailable: the file can't be read.
    """
    text = text.strip().replace("\\n", "\n")
    if not text.startswith("-----BEGIN"):
        path = Path(text)
        if "\n" in text or len(text) > _PATH_CHARACTERS_MAX or not path.is_file():
            raise ValidationFailed(
                f"{VARIABLE} is no key: it takes an RSA private key of at least {KEY_BITS_MIN} bits as PEM, or the "
                "path of a file with one (RS256 can't use a shared secret)",
                {"variable": VARIABLE},
            )
        text = _read(path).decode("latin-1")
    try:
        return signing_token_key(text.encode())
    except ValueError as error:
        raise ValidationFailed(f"{VARIABLE} {error}", {"variable": VARIABLE}) from error


def home_token_key(keys_folder: Path) -> SigningTokenKey:
    """The home's own key, made if there is none, which takes a while.

    Raises:
        EngineUnavailable: it can't be read or written, is damaged, or open to other users.
    """
    path = keys_folder / KEY_FILE
    if not path.exists():
        write_once(path, new_private_pem(), mode=0o600)
    try:
        return signing_token_key(_read_private(path))
    except ValueError as error:
        raise EngineUnavailable(
            f"{path} {error}: restore it from a backup, or run `chimera keys rotate` to have a new one made",
            {"path": str(path)},
        ) from error


def replace_home_key(keys_folder: Path) -> SigningTokenKey:
    """A new key of the home in place of the one before, which is not kept.

    Raises:
        EngineUnavailable: it can't be written.
    """
    pem = new_private_pem()
    replace_whole(keys_folder / KEY_FILE, pem, mode=0o600)
    return signing_token_key(pem)


def new_private_pem(bits: int = NEW_KEY_BITS) -> bytes:
    """A new private key as PEM."""
    return generate_private_key(_EXPONENT, bits).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def signing_token_key(pem: bytes) -> SigningTokenKey:
    """The private key in a PEM text.

    Raises:
        ValueError: what is wrong with it, without a word of it.
    """
    try:
        private = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("holds no private key that can be read (PEM, without a password)") from error
    if not isinstance(private, RSAPrivateKey):
        raise ValueError("holds a key that is not RSA: RS256 needs one")
    _require_size(private.key_size)
    key = RSAKey.import_key(private)
    return SigningTokenKey(key.thumbprint(), key)


def known_token_key(public_pem: str, honoured_until: datetime) -> KnownTokenKey:
    """A public key as it was kept; its id is computed, not believed.

    Raises:
        ValueError: it is none, or too small.
    """
    try:
        public = serialization.load_pem_public_key(public_pem.encode())
    except UnsupportedAlgorithm as error:
        raise ValueError("holds no public key that can be read") from error
    if not isinstance(public, RSAPublicKey):
        raise ValueError("holds a key that is not RSA")
    _require_size(public.key_size)
    key = RSAKey.import_key(public)
    return KnownTokenKey(key.thumbprint(), key, honoured_until)


def jwk_set(keys: Iterable[KnownTokenKey]) -> dict[str, Any]:
    """The document at `/.well-known/jwks.json`; nothing private stands in it."""
    return {
        "keys": [{**known.key.as_dict(private=False), "use": "sig", "alg": "RS256", "kid": known.kid} for known in keys]
    }


def _require_size(bits: int) -> None:
    if not KEY_BITS_MIN <= bits <= KEY_BITS_MAX:
        raise ValueError(f"holds a key of {bits} bits: it takes {KEY_BITS_MIN} to {KEY_BITS_MAX}")


def _read_private(path: Path) -> bytes:
    content = _read(path)
    if path.stat().st_mode & 0o077:
        raise EngineUnavailable(
            f"{path} can be read by other users: run `chmod 600` on it, then `chimera keys rotate --at-once` if others "
            "had access",
            {"path": str(path)},
        )
    return content


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_FILE_BYTES_MAX)
    except OSError as error:
        raise EngineUnavailable(f"{path} can't be read: {error.strerror}", {"path": str(path)}) from error
