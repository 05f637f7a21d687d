"""Where media go, by the settings."""

from pathlib import Path

import pytest

from chimera.bootstrap.media import ALL_SEALED_FILE, mark_all_sealed, open_blobs
from chimera.config.settings import Settings
from chimera.core.errors import ChimeraError, SealBroken
from factories_sealing import KeyTable


def settings(home: Path, **variables: str) -> Settings:
    return Settings.from_environment({"CHIMERA_HOME": str(home)} | variables)


def test_without_a_bucket_media_go_to_the_home(tmp_path: Path) -> None:
    blobs = open_blobs(settings(tmp_path), tmp_path, KeyTable().ring())

    assert [shelf.address for shelf in blobs.shelves] == ["local://"]


def test_with_a_bucket_media_go_there_and_the_homes_are_still_read(tmp_path: Path) -> None:
    access = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    given = settings(tmp_path, S3_BUCKET="studio-media", S3_REGION="eu-central-1", **access)

    blobs = open_blobs(given, tmp_path, KeyTable().ring())

    assert [shelf.address for shelf in blobs.shelves] == ["s3://studio-media/", "local://"]


@pytest.mark.parametrize(
    "variables",
    [
        {"S3_BUCKET": "../x"},
        {"S3_BUCKET": "Media"},
        {"S3_BUCKET": "media", "S3_ENDPOINT_URL": "ftp://x"},
        {"S3_BUCKET": "media", "S3_ENDPOINT_URL": "http://store.example.org"},
        {"S3_BUCKET": "media", "S3_ENCRYPTION": "none"},
        {"S3_BUCKET": "media", "S3_KMS_KEY_ID": "x"},
    ],
)
def test_settings_that_are_wrong_are_refused_at_the_start(tmp_path: Path, variables: dict[str, str]) -> None:
    with pytest.raises(ChimeraError, match="S3_"):
        open_blobs(settings(tmp_path, **variables), tmp_path, KeyTable().ring())


def test_no_secret_is_shown_by_the_settings(tmp_path: Path) -> None:
    names = ("CHIMERA_DATA_KEY", "CHIMERA_DATA_KEY_PREVIOUS", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")

    given = settings(tmp_path, AWS_ACCESS_KEY_ID="a", **dict.fromkeys(names, "SECRET-VALUE"))

    assert "SECRET-VALUE" not in repr(given)


def test_a_new_home_takes_sealed_media_only_and_an_older_one_plain_ones_until_all_are_sealed(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    for home in (new, old):
        home.mkdir()
        if home == new:
            open_blobs(settings(home), home, KeyTable().ring())
        plain = home / "media" / "assets" / "x"
        plain.parent.mkdir(parents=True)
        plain.write_bytes(b"plain")

    with pytest.raises(SealBroken):
        open_blobs(settings(new), new, KeyTable().ring()).open("local://assets/x")
    assert open_blobs(settings(old), old, KeyTable().ring()).open("local://assets/x").read(0, 9) == b"plain"

    mark_all_sealed(old)
    assert (old / "keys" / ALL_SEALED_FILE).exists()
    with pytest.raises(SealBroken):
        open_blobs(settings(old), old, KeyTable().ring()).open("local://assets/x")
