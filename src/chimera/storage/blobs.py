"""Produced media by url: `local://assets/...` in the home's media folder, `s3://bucket/assets/...` in a bucket.

All of it is sealed before it leaves this process, wherever it lies; the key of a file is bound to its place.
"""

import asyncio
import errno
import hashlib
import io
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

from chimera.core.errors import Conflict, ToolFailed, ValidationFailed
from chimera.storage.shelves.shelf import Shelf, Stored, checked_key

READ_BYTES = 1024 * 1024
"""So much of a file is in memory at once."""
_COPY_SECONDS_MAX = 6 * 3600
_BEGINNING_BYTES = 128
_COPIES_FOLDER = "copies"


class Sealed(Protocol):
    """A sealed file: its plain size, and any range of it, checked."""

    @property
    def size(self) -> int: ...

    def read(self, offset: int, length: int) -> bytes: ...


class Seals(Protocol):
    """Seals files for the name they are kept under, and opens them; `KeyRing` does."""

    def seal_file(self, name: str, plain_bytes: int, read: Callable[[int], bytes]) -> Iterator[bytes]: ...

    def open_file(
        self, name: str, raw_header: bytes, sealed_bytes: int, read: Callable[[int, int], bytes]
    ) -> Sealed: ...

    def is_sealed(self, beginning: bytes) -> bool: ...

    def is_current(self, beginning: bytes) -> bool: ...


class Blob(Protocol):
    """One opened file: plain bytes, checked; `etag` (RFC 9110) changes when it is replaced."""

    @property
    def size(self) -> int: ...

    @property
    def etag(self) -> str: ...

    def read(self, offset: int, length: int) -> bytes: ...


class Blobs(Protocol):
    """Where media lie; a url once given stays valid until the piece is deleted. Every method but `copies` may wait."""

    def put(self, key: str, source: Path) -> str:
        """Keep the file under `key` (such as `assets/<id>/video.mp4`), replacing one there; answers its url.

        Raises:
            EngineUnavailable: the store does not answer; OSError: no room. Nothing is kept then.
        """
        ...

    def open(self, url: str) -> Blob:
        """Raises:
        ValidationFailed: not a url of these stores; NotFound: the file is gone; SealBroken: it was changed.
        """
        ...

    def materialise(self, url: str, folder: Path) -> Path:
        """A plain copy in `folder`, for a program that needs a path."""
        ...

    def copies(self, urls: Sequence[str]) -> AbstractAsyncContextManager[tuple[Path, ...]]:
        """Plain copies while the block runs."""
        ...


class StoredBlob:
    """A file on a shelf, sealed or, from before there were keys, plain."""

    def __init__(self, shelf: Shelf, stored: Stored, beginning: bytes, sealed: Sealed | None) -> None:
        self._shelf = shelf
        self._stored = stored
        self._sealed = sealed
        self.beginning = beginning
        self.etag = f'"{hashlib.sha256(stored.version.encode() + beginning).hexdigest()[:32]}"'

    @property
    def size(self) -> int:
        return self._stored.size_bytes if self._sealed is None else self._sealed.size

    @property
    def is_plain(self) -> bool:
        return self._sealed is None

    def read(self, offset: int, length: int) -> bytes:
        """The bytes of the range, fewer only at the file's end.

        Raises:
            SealBroken: some of them were changed; Conflict: the file was replaced since it was opened.
        """
        if self._sealed is not None:
            return self._sealed.read(offset, length)
        return self._shelf.read(self._stored, offset, max(0, min(length, self.size - offset)))

    def parts(self) -> Iterator[bytes]:
        """All of it, in pieces; an empty file is checked too."""
        for offset in range(0, max(1, self.size), READ_BYTES):
            yield self.read(offset, READ_BYTES)

    def require_unreplaced(self) -> None:
        """Raises:
        Conflict: the file was replaced since it was opened.
        """
        if self._shelf.stat(self._stored.key) != self._stored:
            raise Conflict(f"the media file {self._stored.key} was replaced meanwhile", {"key": self._stored.key})


class SealedBlobs:
    """New media go to the first shelf; what lies on any of them is read. `scratch` holds plain copies for a while."""

    def __init__(self, shelves: Sequence[Shelf], seals: Seals, scratch: Path) -> None:
        self.shelves = tuple(shelves)
        self._seals = seals
        self._scratch = scratch / _COPIES_FOLDER

    def put(self, key: str, source: Path) -> str:
        shelf = self.shelves[0]
        with source.open("rb") as file:
            sealed = self._seals.seal_file(checked_key(key), os.fstat(file.fileno()).st_size, file.read)
            shelf.write(key, sealed)
        return shelf.address + key

    def open(self, url: str) -> StoredBlob:
        shelf, key = self._place(url)
        stored = shelf.stat(key)
        beginning = shelf.read(stored, 0, min(_BEGINNING_BYTES, stored.size_bytes))
        if shelf.plain_allowed and not self._seals.is_sealed(beginning):
            return StoredBlob(shelf, stored, beginning, None)
        sealed = self._seals.open_file(
            key, beginning, stored.size_bytes, lambda offset, length: shelf.read(stored, offset, length)
        )
        return StoredBlob(shelf, stored, beginning, sealed)

    def materialise(self, url: str, folder: Path) -> Path:
        blob = self.open(url)
        target = folder / url.rpartition("/")[2]
        try:
            with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for part in blob.parts():
                    file.write(part)
        except OSError as error:
            target.unlink(missing_ok=True)
            if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                raise ToolFailed(
                    "the disk is full: free some space and run it again", {"errno": error.errno}
                ) from error
            raise
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        return target

    @asynccontextmanager
    async def copies(self, urls: Sequence[str]) -> AsyncIterator[tuple[Path, ...]]:
        folder = await asyncio.to_thread(self.copies_folder)
        try:
            yield tuple([await asyncio.to_thread(self.materialise, url, folder) for url in urls])
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def copies_folder(self) -> Path:
        """A new folder for plain copies; those that killed processes, or players, left hours ago are removed."""
        self._scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = self._scratch / secrets.token_hex(8)
        folder.mkdir(mode=0o700)
        newest = folder.stat().st_mtime
        for left in self._scratch.iterdir():
            try:
                old = newest - left.stat().st_mtime > _COPY_SECONDS_MAX
            except FileNotFoundError:
                continue
            if old:
                shutil.rmtree(left, ignore_errors=True)
        return folder

    def reseal(self, url: str) -> bool:
        """Seal the file anew unless it lies under the newest key already; answers whether it was done.

        Raises:
            Conflict: it was replaced meanwhile, by one that is under the newest key; NotFound: it is gone.
        """
        shelf, key = self._place(url)
        blob = self.open(url)
        if not blob.is_plain and self._seals.is_current(blob.beginning):
            return False
        shelf.write(key, self._anew(blob, key))
        return True

    def _anew(self, blob: StoredBlob, key: str) -> Iterator[bytes]:
        parts, part = blob.parts(), io.BytesIO()

        def read(length: int) -> bytes:
            nonlocal part
            if not (found := part.read(length)):
                part = io.BytesIO(next(parts, b""))
                found = part.read(length)
            return found

        yield from self._seals.seal_file(key, blob.size, read)
        blob.require_unreplaced()

    def _place(self, url: str) -> tuple[Shelf, str]:
        for shelf in self.shelves:
            if url.startswith(shelf.address):
                return shelf, checked_key(url.removeprefix(shelf.address))
        raise ValidationFailed(f"{url!r} is no media url of this studio: see S3_BUCKET", {"url": url})
