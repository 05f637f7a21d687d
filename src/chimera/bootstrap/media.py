"""Which store the media of a studio go to, and which are read."""

from pathlib import Path

from chimera.config.settings import Settings
from chimera.config.transport import Plaintext
from chimera.core.secret import revealed
from chimera.security.data_keys import KeyRing
from chimera.security.keys import write_once
from chimera.storage.blobs import SealedBlobs
from chimera.storage.shelves.folder import FolderShelf
from chimera.storage.shelves.shelf import Shelf

ALL_SEALED_FILE = "media.sealed"
"""Beside the keys: from then on a plain file among the media is refused, since a stranger has put it there."""


def open_blobs(settings: Settings, home: Path, ring: KeyRing) -> SealedBlobs:
    """New media go to the bucket where S3_BUCKET is set, otherwise to the home; both are read.

    Raises:
        ValidationFailed: the bucket's settings contradict each other.
    """
    folder = home / "media"
    if not folder.is_dir() or not any(folder.iterdir()):
        mark_all_sealed(home)
    shelves: list[Shelf] = [FolderShelf(folder, plain_allowed=not (home / "keys" / ALL_SEALED_FILE).exists())]
    if settings.s3_bucket is not None:
        shelves.insert(0, _bucket(settings.s3_bucket, settings))
    return SealedBlobs(shelves, ring, home / "work")


def mark_all_sealed(home: Path) -> None:
    """Accept no plain media in this home from now on."""
    write_once(home / "keys" / ALL_SEALED_FILE, b"", mode=0o600)


def _bucket(name: str, settings: Settings) -> Shelf:
    from chimera.storage.shelves.s3 import Bucket, S3Shelf  # brings two HTTP clients: only where there is a bucket

    bucket = Bucket(
        name=name,
        region=settings.s3_region,
        endpoint_url=settings.s3_endpoint_url,
        encryption=settings.s3_encryption,
        kms_key_id=settings.s3_kms_key_id,
        plain_http_allowed=settings.allows_plaintext(Plaintext.S3),
        access_key_id=settings.aws_access_key_id,
        secret_access_key=revealed(settings.aws_secret_access_key),
        session_token=revealed(settings.aws_session_token),
    )
    return S3Shelf(bucket)
