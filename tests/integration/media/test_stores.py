"""What every store of media keeps to: the home's folder, and a bucket over real HTTP."""

import os
from collections.abc import Iterator
from uuid import UUID

import pytest

from chimera.core.errors import ChimeraError, Conflict, NotFound, SealBroken, ValidationFailed
from chimera.security.sealing import CHUNK_BYTES, Header, is_sealed
from chimera.storage.blobs import READ_BYTES
from factories_sealing import Store

KEY = "assets/0b9e/video.mp4"
BIG = os.urandom(1000) * 20_000
"""20 MB: three parts of an upload."""


@pytest.mark.parametrize("content", [b"", b"x", bytes(CHUNK_BYTES), BIG], ids=["empty", "one", "chunk", "big"])
def test_what_is_put_comes_back_and_lies_there_sealed(store: Store, content: bytes) -> None:
    url = store.blobs.put(KEY, store.source(content))

    assert url == store.shelf.address + KEY
    assert store.whole(url) == content
    raw = store.raw(KEY)
    assert is_sealed(raw)
    assert len(content) < 2 or content[:1000] not in raw


@pytest.mark.parametrize(
    ("offset", "length"),
    [(0, 1), (0, 0), (CHUNK_BYTES - 1, 2), (5_000_000, 3 * READ_BYTES), (len(BIG) - 3, 10), (len(BIG), 1)],
)
def test_any_range_is_read(store: Store, offset: int, length: int) -> None:
    blob = store.blobs.open(store.blobs.put(KEY, store.source(BIG)))

    assert blob.read(offset, length) == BIG[offset : offset + length]
    assert blob.size == len(BIG)


def test_putting_again_replaces_it_and_changes_its_etag(store: Store) -> None:
    url = store.blobs.put(KEY, store.source(b"one"))
    first = store.blobs.open(url)
    store.blobs.put(KEY, store.source(b"another"))
    second = store.blobs.open(url)

    assert store.whole(url) == b"another"
    assert first.etag != second.etag == store.blobs.open(url).etag
    with pytest.raises(Conflict):
        first.read(0, 3)


def test_a_source_that_fails_midway_leaves_what_was_there(store: Store) -> None:
    url = store.blobs.put(KEY, store.source(b"kept"))

    def failing() -> Iterator[bytes]:
        yield from (bytes(1_000_000) for _ in range(9))
        raise ChimeraError("the source broke")

    with pytest.raises(ChimeraError, match="the source broke"):
        store.shelf.write(KEY, failing())
    with pytest.raises(ChimeraError, match="the source broke"):
        store.shelf.write("assets/new", failing())

    assert store.whole(url) == b"kept"
    assert list(store.shelf.keys()) == [KEY]


def test_a_file_that_is_not_there_is_told(store: Store) -> None:
    with pytest.raises(NotFound):
        store.blobs.open(f"{store.shelf.address}assets/nothing")


@pytest.mark.parametrize(
    "key",
    [
        "../secret", "assets/../../x", "/etc/passwd", "assets/./x", "assets//x", ".hidden", "assets/.x", "", "a\\b",
        "a\0b", "a\nb", "assets/x/", "x" * 300, "\N{FULLWIDTH FULL STOP}/x",
    ],
)  # fmt: skip
def test_no_key_leads_out_of_the_store(store: Store, key: str) -> None:
    with pytest.raises(ValidationFailed):
        store.blobs.open(store.shelf.address + key)
    with pytest.raises(ValidationFailed):
        store.blobs.put(key, store.source(b"x"))


@pytest.mark.parametrize("url", ["file:///etc/passwd", "https://x/assets/a", "s3://other/assets/a", "assets/a", ""])
def test_urls_of_elsewhere_are_refused(store: Store, url: str) -> None:
    with pytest.raises(ValidationFailed):
        store.blobs.open(url)


def test_a_changed_swapped_or_plain_file_is_refused(store: Store) -> None:
    url, other = store.blobs.put(KEY, store.source(b"one")), store.blobs.put("assets/b", store.source(b"two"))
    raw = store.raw(KEY)

    for changed in (raw[:-1] + bytes([raw[-1] ^ 1]), raw[:-1], raw + b"\0", store.raw("assets/b"), b"one", b""):
        store.shelf.write(KEY, [changed])
        with pytest.raises(SealBroken):
            store.whole(url)
    assert store.whole(other) == b"two"


async def test_copies_are_plain_for_their_owner_only_and_gone_afterwards(store: Store) -> None:
    urls = [
        store.blobs.put("assets/1/video.mp4", store.source(BIG)),
        store.blobs.put("assets/1/x.srt", store.source(b"s")),
    ]

    async with store.blobs.copies(urls) as (video, captions):
        assert (video.name, video.read_bytes(), captions.read_bytes()) == ("video.mp4", BIG, b"s")
        assert video.stat().st_mode & 0o777 == 0o600
        assert video.parent.stat().st_mode & 0o777 == 0o700

    assert not video.parent.exists()


async def test_no_copy_is_left_of_a_damaged_file(store: Store) -> None:
    url = store.blobs.put(KEY, store.source(BIG))
    raw = bytearray(store.raw(KEY))
    raw[-1] ^= 1
    store.shelf.write(KEY, [bytes(raw)])

    with pytest.raises(SealBroken):
        async with store.blobs.copies([url]):
            pytest.fail("it was changed")

    assert list((store.folder / "work" / "copies").iterdir()) == []


def test_old_media_are_sealed_anew_under_the_newest_key_once(store: Store) -> None:
    url = store.blobs.put(KEY, store.source(BIG))
    newest = store.table.add()
    before = key_of(store)

    store.blobs.put("assets/new", store.source(b"x"))

    assert [store.blobs.reseal(url), store.blobs.reseal(url)] == [True, False]
    assert before != key_of(store) == newest
    assert store.whole(url) == BIG


def key_of(store: Store) -> UUID:
    return Header.parse(store.raw(KEY)).key_id
