"""A bucket over real HTTP: what goes wrong on the way leaves nothing behind, and its encryption is looked after."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from chimera.core.errors import EngineUnavailable, NotFound, ValidationFailed
from chimera.storage.shelves import s3 as s3_shelf
from chimera.storage.shelves.s3 import S3Shelf
from factories_s3 import BUCKET, ENCRYPTION, S3, S3Proxy, bucket, s3_proxy
from factories_sealing import Store, store_on

KEY = "assets/0b9e/video.mp4"
BIG = os.urandom(1000) * 20_000


@pytest.fixture
def proxy(s3: S3) -> Iterator[S3Proxy]:
    with s3_proxy(s3) as between:
        yield between


@pytest.fixture
def through(proxy: S3Proxy, tmp_path: Path) -> Store:
    return store_on(S3Shelf(bucket(proxy.url)), tmp_path)


def is_part(method: str, path: str) -> bool:
    return method == "PUT" and "partNumber" in path


@pytest.mark.parametrize("terms", [{}, {"encryption": "aws:kms"}, {"encryption": "aws:kms", "kms_key_id": "alias/x"}])
def test_the_store_is_asked_to_encrypt_whatever_the_size(s3: S3, tmp_path: Path, terms: dict[str, Any]) -> None:
    store = store_on(S3Shelf(bucket(s3.url, **terms)), tmp_path)

    for key, content in (("assets/big", BIG), ("assets/small", b"x")):
        store.blobs.put(key, store.source(content))
        found = s3.client.head_object(Bucket=BUCKET, Key=key)
        assert found["ServerSideEncryption"] == terms.get("encryption", "AES256")
        assert ("-3" in found["ETag"]) == (key == "assets/big")  # in three parts


def test_a_store_that_keeps_files_unencrypted_is_refused_and_keeps_nothing(
    s3: S3, proxy: S3Proxy, through: Store
) -> None:
    proxy.without = frozenset({ENCRYPTION})

    for content in (b"x", BIG):
        with pytest.raises(EngineUnavailable, match="did not encrypt"):
            through.blobs.put(KEY, through.source(content))
    assert s3.stored_keys() == []


def test_a_store_that_encrypts_in_another_way_is_refused(s3: S3, proxy: S3Proxy, tmp_path: Path) -> None:
    other = store_on(S3Shelf(bucket(s3.url)), tmp_path)
    other.blobs.put(KEY, other.source(b"x"))
    shelf = S3Shelf(bucket(proxy.url, encryption="aws:kms"))
    proxy.without = frozenset({ENCRYPTION})

    with pytest.raises(EngineUnavailable, match=r"aws:kms was asked for"):
        shelf.write(KEY, [b"x"])


def test_an_upload_that_is_cut_once_is_finished(s3: S3, proxy: S3Proxy, through: Store) -> None:
    cuts: list[str] = []

    def cut(method: str, path: str) -> bool:
        if is_part(method, path) and not cuts:
            cuts.append(path)
            return True
        return False

    proxy.cut = cut
    url = through.blobs.put(KEY, through.source(BIG))

    assert len(cuts) == 1
    assert through.whole(url) == BIG
    assert s3.uploads() == 0


def test_an_upload_that_is_cut_for_good_leaves_nothing_and_can_be_done_again(
    s3: S3, proxy: S3Proxy, through: Store
) -> None:
    proxy.cut = lambda method, path: is_part(method, path) and "partNumber=2" in path

    with pytest.raises(EngineUnavailable, match="does not answer"):
        through.blobs.put(KEY, through.source(BIG))

    assert (s3.stored_keys(), s3.uploads()) == ([], 0)
    assert any(seen.startswith("DELETE") for seen in proxy.seen)
    proxy.cut = lambda _method, _path: False
    assert through.whole(through.blobs.put(KEY, through.source(BIG))) == BIG


def test_an_upload_over_another_file_that_is_cut_leaves_that_one(proxy: S3Proxy, through: Store) -> None:
    url = through.blobs.put(KEY, through.source(b"kept"))
    proxy.cut = lambda method, _path: method == "POST"

    with pytest.raises(EngineUnavailable):
        through.blobs.put(KEY, through.source(BIG))

    assert through.whole(url) == b"kept"


def test_a_read_that_is_cut_once_is_finished(proxy: S3Proxy, through: Store) -> None:
    url = through.blobs.put(KEY, through.source(BIG))
    cuts: list[str] = []

    def cut(method: str, path: str) -> bool:
        if method == "GET" and len(cuts) < 1:
            cuts.append(path)
            return True
        return False

    proxy.cut = cut
    assert through.whole(url) == BIG
    assert len(cuts) == 1


def test_a_store_that_does_not_answer_is_told_and_no_secret_with_it(through: Store, proxy: S3Proxy) -> None:
    proxy.cut = lambda _method, _path: True

    with pytest.raises(EngineUnavailable) as failed:
        through.blobs.open(f"s3://{BUCKET}/{KEY}")

    assert "S3_ENDPOINT_URL" in failed.value.message
    assert "Signature" not in failed.value.message + str(failed.value.details)
    assert failed.value.__cause__ is None


def test_a_bucket_that_is_not_there_is_told(s3: S3, tmp_path: Path) -> None:
    store = store_on(S3Shelf(bucket(s3.url, name="not-there")), tmp_path)

    for content in (b"x", BIG):
        with pytest.raises(EngineUnavailable, match="there is no bucket not-there"):
            store.blobs.put(KEY, store.source(content))
    with pytest.raises(NotFound):
        store.blobs.open(f"s3://not-there/{KEY}")


def test_wrong_credentials_are_told(s3: S3, tmp_path: Path) -> None:
    store = store_on(S3Shelf(bucket(s3.url, access_key_id="AKIAWRONG")), tmp_path)
    httpx2.post(f"{s3.url}/moto-api/reset-auth", content=b"0", trust_env=False).raise_for_status()
    try:
        for content in (b"x", BIG):
            with pytest.raises(EngineUnavailable, match="refuses this studio"):
                store.blobs.put(KEY, store.source(content))
        with pytest.raises(EngineUnavailable, match="refuses this studio"):
            store.blobs.open(f"s3://{BUCKET}/{KEY}")
    finally:
        httpx2.post(f"{s3.url}/moto-api/reset-auth", content=b"inf", trust_env=False).raise_for_status()


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"endpoint": "http://10.0.0.5:9000"}, "S3_PLAIN_HTTP=allowed"),
        ({"endpoint": "http://store.example.org"}, "S3_PLAIN_HTTP=allowed"),
        ({"endpoint": "https://user:pass@store.example.org"}, "no address of a store"),
        ({"endpoint": "https://store.example.org/?x=1"}, "no address of a store"),
        ({"endpoint": "https://store.example.org", "kms_key_id": "x"}, "S3_ENCRYPTION=aws:kms"),
    ],
)
def test_settings_that_are_not_safe_are_refused(terms: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationFailed, match=said):
        S3Shelf(bucket(terms.pop("endpoint"), **terms))


@pytest.mark.parametrize(
    "terms", [{"endpoint": "https://x.example"}, {"endpoint": "http://10.0.0.5", "plain_http_allowed": True}]
)
def test_settings_that_are_safe_or_allowed_are_taken(terms: dict[str, Any]) -> None:
    assert S3Shelf(bucket(terms.pop("endpoint"), **terms)).address == f"s3://{BUCKET}/"


def test_no_secret_is_shown_by_the_settings() -> None:
    shown = repr(bucket("https://x", secret_access_key="SECRET", session_token="TOKEN"))

    assert "SECRET" not in shown
    assert "TOKEN" not in shown


def test_what_is_in_memory_while_uploading_is_bounded() -> None:
    assert s3_shelf.PART_BYTES * (s3_shelf.PARTS_AT_ONCE + 1) <= 32 * 1024 * 1024
