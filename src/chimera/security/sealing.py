"""Sealed files: AES-256-GCM in chunks, so that any range is read and checked without the rest.

The STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance", CRYPTO 2015): chunk i is sealed under the nonce (i, whether it is the last). Every file has a key of
its own by HKDF-SHA256 (RFC 5869) from a data key, a random salt, the header with the file's length, and the name that
the file is kept under; so a changed header, a cut or lengthened file, and a chunk of another file or place do not open.
"""

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chimera.core.errors import SealBroken

MAGIC = b"\x93CHIMERA"
VERSION = 1
CHUNK_BYTES = 64 * 1024
CHUNK_BYTES_MAX = 1024 * 1024
KEY_BYTES = 32
TAG_BYTES = 16

_HEADER = struct.Struct(">8sB3xIQ16s32s")
HEADER_BYTES = _HEADER.size
_SALT_BYTES = 32
_INDEX_BYTES = 11
_CHUNKS_MAX = 2**32
_FILE_PURPOSE = b"chimera sealed file 1"

ReadAt = Callable[[int, int], bytes]
"""Reads so many bytes at an offset of the sealed file; fewer only at its end."""


def is_sealed(beginning: bytes) -> bool:
    """Whether a file that begins so is one of ours."""
    return beginning.startswith(MAGIC)


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the chunks; all of it goes into the file's key."""

    key_id: UUID
    plain_bytes: int
    salt: bytes
    chunk_bytes: int = CHUNK_BYTES

    @classmethod
    def new(cls, key_id: UUID, plain_bytes: int, chunk_bytes: int = CHUNK_BYTES) -> Self:
        return cls(key_id, plain_bytes, os.urandom(_SALT_BYTES), chunk_bytes)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Raises:
        SealBroken: not the header of a sealed file of this version.
        """
        if len(raw) < HEADER_BYTES or not is_sealed(raw):
            raise SealBroken("this is no sealed file: it was replaced or cut, restore it from a backup")
        _, version, chunk_bytes, plain_bytes, key_id, salt = _HEADER.unpack(raw[:HEADER_BYTES])
        header = cls(UUID(bytes=key_id), plain_bytes, salt, chunk_bytes)
        if version != VERSION or not 0 < chunk_bytes <= CHUNK_BYTES_MAX or header.chunks > _CHUNKS_MAX:
            raise SealBroken("the sealed file's header is damaged, or of a newer Chimera: restore it from a backup")
        return header

    def pack(self) -> bytes:
        return _HEADER.pack(MAGIC, VERSION, self.chunk_bytes, self.plain_bytes, self.key_id.bytes, self.salt)

    @property
    def chunks(self) -> int:
        """An empty file has one empty chunk, so that its emptiness is checked too."""
        return max(1, -(-self.plain_bytes // self.chunk_bytes))

    @property
    def sealed_bytes(self) -> int:
        return HEADER_BYTES + self.plain_bytes + self.chunks * TAG_BYTES


def seal_file(header: Header, data_key: bytes, name: str, read: Callable[[int], bytes]) -> Iterator[bytes]:
    """The sealed file piece by piece; `read` gives the next bytes of the plain one, at least one until its end.

    Raises:
        SealBroken: the plain file is not as long as the header says: it changed meanwhile.
    """
    cipher = AESGCM(_file_key(header.pack(), header.salt, data_key, name))
    yield header.pack()
    left = header.plain_bytes
    for index in range(header.chunks):
        chunk = _read_exactly(read, min(left, header.chunk_bytes))
        left -= len(chunk)
        if left == 0 and read(1):
            raise _changed_meanwhile(name)
        yield cipher.encrypt(_nonce(index, last=index == header.chunks - 1), chunk, None)


def _read_exactly(read: Callable[[int], bytes], size: int) -> bytes:
    parts: list[bytes] = []
    while size:
        part = read(size)
        if not part:
            raise _changed_meanwhile("it")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _changed_meanwhile(name: str) -> SealBroken:
    return SealBroken(f"{name} changed its length while it was sealed: nothing was kept, do it again")


class SealedFile:
    """Any range of a sealed file; every byte it answers was checked."""

    def __init__(self, raw_header: bytes, sealed_bytes: int, data_key: bytes, name: str, read: ReadAt) -> None:
        """Raises:
        SealBroken: the header is none, or the file is shorter or longer than it says.
        """
        self._header = Header.parse(raw_header)
        self._name = name
        self._read = read
        if sealed_bytes != self._header.sealed_bytes:
            raise SealBroken(
                f"the sealed file {name} was cut or lengthened: restore it from a backup",
                {"bytes": sealed_bytes, "expected_bytes": self._header.sealed_bytes},
            )
        self._cipher = AESGCM(_file_key(raw_header[:HEADER_BYTES], self._header.salt, data_key, name))

    @property
    def size(self) -> int:
        return self._header.plain_bytes

    def read(self, offset: int, length: int) -> bytes:
        """The plain bytes of the range, fewer only at the file's end; one read of the chunks that hold it.

        Raises:
            SealBroken: a chunk that holds some of them was changed.
        """
        if offset < 0 or length < 0:
            raise ValueError("a range begins and extends forward")
        end = min(offset + length, self.size)
        if offset >= end and (offset or self.size):
            return b""
        chunk_bytes = self._header.chunk_bytes
        first, last = offset // chunk_bytes, max(end - 1, 0) // chunk_bytes
        stride = chunk_bytes + TAG_BYTES
        stop = min(HEADER_BYTES + (last + 1) * stride, self._header.sealed_bytes)
        sealed = memoryview(self._read(HEADER_BYTES + first * stride, stop - HEADER_BYTES - first * stride))
        plain = b"".join(
            self._open(index, sealed[(index - first) * stride : (index - first + 1) * stride])
            for index in range(first, last + 1)
        )
        return plain[offset - first * chunk_bytes : end - first * chunk_bytes]

    def _open(self, index: int, sealed: memoryview) -> bytes:
        try:
            return self._cipher.decrypt(_nonce(index, last=index == self._header.chunks - 1), sealed, None)
        except InvalidTag as error:
            raise SealBroken(
                f"the sealed file {self._name} was changed at its chunk {index}: restore it from a backup",
                {"chunk": index},
            ) from error


def _file_key(header: bytes, salt: bytes, data_key: bytes, name: str) -> bytes:
    return derived_key(data_key, salt, _FILE_PURPOSE, header, name.encode())


def derived_key(key: bytes, salt: bytes, *parts: bytes) -> bytes:
    """A key for what the parts name, and nothing else; each stands with its length, so that no two lists are alike."""
    info = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return HKDF(SHA256(), KEY_BYTES, salt=salt, info=info).derive(key)


def _nonce(index: int, *, last: bool) -> bytes:
    return index.to_bytes(_INDEX_BYTES, "big") + bytes([last])
