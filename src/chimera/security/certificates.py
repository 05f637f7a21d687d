"""Certificates for our own HTTPS: a small authority of the home signs one for the names served; own files are checked.

`keys/tls-ca.pem` is the authority's key and certificate (0600), `keys/tls-ca.crt` its certificate for those who shall
trust it, `keys/tls.pem` the key and certificate that are served (0600), made anew before they end.
"""

import os
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from chimera.core.errors import EngineUnavailable, ValidationFailed
from chimera.security.keys import write_once

AUTHORITY_FILE, AUTHORITY_PUBLIC_FILE, SERVED_FILE = "tls-ca.pem", "tls-ca.crt", "tls.pem"
AUTHORITY_LIFE = timedelta(days=3650)
LIFE = timedelta(days=90)
RENEW_BEFORE = timedelta(days=30)
_CLOCKS_DIFFER = timedelta(minutes=5)
_FILE_BYTES_MAX = 256 * 1024


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is served: the files to load, until when they hold, and how to know them."""

    chain_file: Path
    key_file: Path
    ends_at: datetime
    fingerprint: str
    #: The authority's certificate, where it is ours: whoever trusts it trusts what is served.
    authority_file: Path | None


@dataclass(frozen=True, slots=True)
class _Pair:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def generated_certificate(keys_folder: Path, names: Collection[str], now: datetime) -> Certificate:
    """The home's certificate for these names and addresses; made, or made anew within its last 30 days.

    Raises:
        EngineUnavailable: a file of the home can't be read or written.
    """
    authority = _authority(keys_folder, now)
    path = keys_folder / SERVED_FILE
    pair = _pair(path) if path.exists() else None
    if pair is None or not _still_serves(pair.certificate, authority.certificate, names, now):
        pair = _issued(authority, names, now)
        _replace(path, _pem(pair, authority.certificate))
    write_once(keys_folder / AUTHORITY_PUBLIC_FILE, _public_pem(authority.certificate), mode=0o644)
    return Certificate(
        chain_file=path,
        key_file=path,
        ends_at=pair.certificate.not_valid_after_utc,
        fingerprint=fingerprint_of(authority.certificate),
        authority_file=keys_folder / AUTHORITY_PUBLIC_FILE,
    )


def given_certificate(chain_file: Path, key_file: Path, now: datetime) -> Certificate:
    """The operator's own certificate, checked.

    Raises:
        ValidationFailed: no certificate or key, one that does not fit the other, ended, or a key others can read.
    """
    try:
        chain = x509.load_pem_x509_certificates(_read(chain_file))
        key = serialization.load_pem_private_key(_read(key_file), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValidationFailed(
            f"{chain_file} or {key_file} is not what it should be: PEM, the key without a passphrase"
        ) from error
    if key_file.stat().st_mode & 0o077:
        raise ValidationFailed(f"{key_file} can be read by other users: run `chmod 600` on it")
    if _spki(key) != _public_spki(chain[0]):
        raise ValidationFailed(
            f"{key_file} is not the key of {chain_file}: its first certificate must be the one served"
        )
    begins_at, ends_at = chain[0].not_valid_before_utc, chain[0].not_valid_after_utc
    if not begins_at - _CLOCKS_DIFFER <= now < ends_at:
        raise ValidationFailed(f"{chain_file} holds from {begins_at:%Y-%m-%d} to {ends_at:%Y-%m-%d}, not now: renew it")
    return Certificate(chain_file, key_file, ends_at, fingerprint_of(chain[0]), None)


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256 as browsers show it."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _authority(keys_folder: Path, now: datetime) -> _Pair:
    path = keys_folder / AUTHORITY_FILE
    if not path.exists():
        write_once(path, _pem(_new_authority(now)), mode=0o600)
    pair = _pair(path)
    if pair is None or not pair.certificate.not_valid_before_utc - _CLOCKS_DIFFER <= now < _end(pair) - LIFE:
        raise EngineUnavailable(
            f"{path} is damaged or ends soon: remove it and {AUTHORITY_PUBLIC_FILE} beside it to have a new one made, "
            "which everybody who trusted the old one must trust anew",
            {"path": str(path)},
        )
    return pair


def _end(pair: _Pair) -> datetime:
    return pair.certificate.not_valid_after_utc


def _new_authority(now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Chimera of one home {secrets.token_hex(4)}")])
    certificate = (
        _builder(name, name, key, now, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _Pair(key, certificate)


def _issued(authority: _Pair, names: Collection[str], now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Chimera")])
    certificate = (
        _builder(subject, authority.certificate.subject, key, now, LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in sorted(names)]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return _Pair(key, certificate)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + life)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        pass
    try:
        return x509.DNSName(name)
    except ValueError as error:
        raise ValidationFailed(f"{name!r} is no host name: write international names in their ASCII form") from error


def _still_serves(
    certificate: x509.Certificate, authority: x509.Certificate, names: Collection[str], now: datetime
) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return set(alternatives) == {_alternative(name) for name in names} and (
        certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEW_BEFORE
    )


def _pair(path: Path) -> _Pair | None:
    """The key and the certificate of one of our files; None if it does not hold them.

    Raises:
        EngineUnavailable: it can't be read, or others can read it.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise EngineUnavailable(
                f"{path} can be read by other users: run `chmod 600` on it, and remove it if others had access",
                {"path": str(path)},
            )
        content = path.read_bytes()[:_FILE_BYTES_MAX]
    except OSError as error:
        raise EngineUnavailable(f"{path} can't be read: {error.strerror}", {"path": str(path)}) from error
    try:
        key = serialization.load_pem_private_key(content, password=None)
        certificate = x509.load_pem_x509_certificate(content)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or _spki(key) != _public_spki(certificate):
        return None
    return _Pair(key, certificate)


def _pem(pair: _Pair, *above: x509.Certificate) -> bytes:
    key = pair.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return key + b"".join(_public_pem(one) for one in (pair.certificate, *above))


def _public_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _spki(key: PrivateKeyTypes) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _public_spki(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _read(path: Path) -> bytes:
    """Raises: ValidationFailed."""
    try:
        with path.open("rb") as file:
            return file.read(_FILE_BYTES_MAX)
    except OSError as error:
        raise ValidationFailed(f"{path} can't be read: {error.strerror}", {"path": str(path)}) from error


def _replace(path: Path, content: bytes) -> None:
    """Put the content at `path` at once, for its owner's eyes only."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise EngineUnavailable(f"{path} can't be written: {error.strerror}", {"path": str(path)}) from error
    finally:
        partial.unlink(missing_ok=True)
