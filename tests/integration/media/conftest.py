"""A store of each kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chimera.storage.shelves.folder import FolderShelf
from chimera.storage.shelves.s3 import S3Shelf
from factories_s3 import BUCKET, S3, bucket, s3_server
from factories_sealing import Store, store_on


@pytest.fixture(scope="session")
def s3_service() -> Iterator[S3]:
    with s3_server() as there:
        yield there


@pytest.fixture
def s3(s3_service: S3) -> S3:
    """The server with its bucket empty."""
    for key in s3_service.stored_keys():
        s3_service.client.delete_object(Bucket=BUCKET, Key=key)
    return s3_service


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return store_on(FolderShelf(tmp_path / "media"), tmp_path)
    s3: S3 = request.getfixturevalue("s3")
    return store_on(S3Shelf(bucket(s3.url)), tmp_path)
