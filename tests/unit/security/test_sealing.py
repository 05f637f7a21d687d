"""Sealed files: every size comes back, any range alone, and nothing that was changed is given out."""

import io
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera.core.errors import SealBroken
from chimera.security.sealed_bytes import key_id_of, open_bytes, seal_bytes
from chimera.security.sealing import CHUNK_BYTES, HEADER_BYTES, TAG_BYTES, Header, SealedFile, seal_file

KEY = bytes(range(32))
KEY_ID = UUID(int=7)
NAME = "assets/a/video.mp4"
CHUNK = 16
STRIDE = CHUNK + TAG_BYTES


def sealed(plain: bytes, chunk_bytes: int = CHUNK, name: str = NAME, key: bytes = KEY) -> bytes:
    header = Header.new(KEY_ID, len(plain), chunk_bytes)
    return b"".join(seal_file(header, key, name, io.BytesIO(plain).read))


def opened(raw: bytes, name: str = NAME, key: bytes = KEY) -> SealedFile:
    return SealedFile(raw[:HEADER_BYTES], len(raw), key, name, lambda at, size: raw[at : at + size])


def plain_of(raw: bytes, name: str = NAME, key: bytes = KEY) -> bytes:
    file = opened(raw, name, key)
    return file.read(0, file.size)


def chunk_of(raw: bytes, index: int) -> bytes:
    return raw[HEADER_BYTES + index * STRIDE : HEADER_BYTES + (index + 1) * STRIDE]


@pytest.mark.parametrize("chunks", [0, 1, 2, 3])
@pytest.mark.parametrize("more", [-1, 0, 1])
@pytest.mark.parametrize("chunk_bytes", [CHUNK, CHUNK_BYTES])
def test_every_size_around_a_border_comes_back(chunks: int, more: int, chunk_bytes: int) -> None:
    plain = bytes(number % 251 for number in range(max(0, chunks * chunk_bytes + more)))

    raw = sealed(plain, chunk_bytes)

    assert plain_of(raw) == plain
    assert len(raw) == Header.parse(raw).sealed_bytes


@given(plain=st.binary(max_size=200), chunk_bytes=st.integers(1, 70), data=st.data())
def test_any_range_is_read_alone(plain: bytes, chunk_bytes: int, data: st.DataObject) -> None:
    offset, length = data.draw(st.integers(0, 220)), data.draw(st.integers(0, 220))
    raw = sealed(plain, chunk_bytes)
    asked: list[tuple[int, int]] = []

    def read(at: int, size: int) -> bytes:
        asked.append((at, size))
        return raw[at : at + size]

    found = SealedFile(raw[:HEADER_BYTES], len(raw), KEY, NAME, read).read(offset, length)

    assert found == plain[offset : offset + length]
    assert sum(size for _, size in asked) <= (len(found) // chunk_bytes + 2) * (chunk_bytes + TAG_BYTES)


@pytest.mark.parametrize("size", [0, 1, CHUNK, 2 * CHUNK + 3])
def test_every_single_flipped_bit_is_refused(size: int) -> None:
    raw = sealed(bytes(size))

    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(SealBroken):
            plain_of(bytes(changed))


@pytest.mark.parametrize("size", [0, 1, CHUNK, 2 * CHUNK + 3, 3 * CHUNK])
def test_every_cut_and_anything_added_is_refused(size: int) -> None:
    raw = sealed(bytes(size))

    for length in range(len(raw)):
        with pytest.raises(SealBroken):
            opened(raw[:length])
    for added in (b"\0", raw[HEADER_BYTES:], chunk_of(raw, 0)):
        with pytest.raises(SealBroken):
            opened(raw + added)


@settings(max_examples=200)
@given(order=st.lists(st.integers(0, 3), min_size=1, max_size=6).filter(lambda order: order != [0, 1, 2, 3]))
def test_chunks_in_any_other_order_are_refused(order: list[int]) -> None:
    """Swapped, dropped and repeated ones; equal chunks too, since each is bound to its place."""
    raw = sealed(bytes(4 * CHUNK))
    mixed = raw[:HEADER_BYTES] + b"".join(chunk_of(raw, index) for index in order)

    with pytest.raises(SealBroken):
        plain_of(mixed)


def test_a_shorter_file_under_a_rewritten_header_is_refused() -> None:
    raw = sealed(bytes(3 * CHUNK))
    honest = Header.parse(raw)
    forged = Header(honest.key_id, 2 * CHUNK, honest.salt, honest.chunk_bytes)

    with pytest.raises(SealBroken):
        plain_of(forged.pack() + raw[HEADER_BYTES:-STRIDE])


def test_what_belongs_to_another_file_is_refused() -> None:
    one, other = sealed(b"a" * 2 * CHUNK), sealed(b"b" * 2 * CHUNK)

    with pytest.raises(SealBroken):
        plain_of(one[:HEADER_BYTES] + other[HEADER_BYTES:])
    with pytest.raises(SealBroken):
        plain_of(one[: HEADER_BYTES + STRIDE] + other[HEADER_BYTES + STRIDE :])
    with pytest.raises(SealBroken):
        plain_of(one, name="assets/b/video.mp4")
    with pytest.raises(SealBroken):
        plain_of(one, key=bytes(32))


def test_the_untouched_part_of_a_damaged_file_is_still_read() -> None:
    raw = bytearray(sealed(b"x" * 3 * CHUNK))
    raw[-1] ^= 1

    file = opened(bytes(raw))

    assert file.read(0, 2 * CHUNK) == b"x" * 2 * CHUNK
    with pytest.raises(SealBroken):
        file.read(2 * CHUNK, 1)


@pytest.mark.parametrize("really", [0, CHUNK - 1, CHUNK + 1, 3 * CHUNK])
def test_a_source_that_changes_its_length_meanwhile_is_refused(really: int) -> None:
    header = Header.new(KEY_ID, CHUNK, CHUNK)

    with pytest.raises(SealBroken):
        list(seal_file(header, KEY, NAME, io.BytesIO(bytes(really)).read))


def test_a_header_of_absurd_sizes_is_refused_before_memory_is_taken() -> None:
    huge_chunk, huge_file = Header.new(KEY_ID, 1, 2**31), Header.new(KEY_ID, 2**63, CHUNK)

    for header in (huge_chunk, huge_file):
        with pytest.raises(SealBroken):
            Header.parse(header.pack())


@given(plaintext=st.binary(max_size=300), purpose=st.text(max_size=20), context=st.text(max_size=20))
def test_sealed_bytes_come_back_for_their_purpose_and_context_only(
    plaintext: bytes, purpose: str, context: str
) -> None:
    raw = seal_bytes(KEY_ID, KEY, purpose, context, plaintext)

    assert key_id_of(raw) == KEY_ID
    assert open_bytes(raw, KEY, purpose, context) == plaintext
    for other in ((purpose + "x", context), (purpose, context + "x"), (purpose + context, "")):
        if other != (purpose, context):
            with pytest.raises(SealBroken):
                open_bytes(raw, KEY, *other)


def test_every_flipped_bit_and_cut_of_sealed_bytes_is_refused() -> None:
    raw = seal_bytes(KEY_ID, KEY, "script", "1", b"secret")

    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(SealBroken):
            open_bytes(bytes(changed), KEY, "script", "1")
    for length in range(len(raw)):
        with pytest.raises(SealBroken):
            open_bytes(raw[:length], KEY, "script", "1")
