"""Files by key in one folder, readable by their owner only."""

import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from chimera.core.errors import Conflict, NotFound
from chimera.storage.shelves.shelf import Stored, checked_key

_LEFT_BEHIND_SECONDS = 3600
"""A half-written file of this age is a killed process's."""


class FolderShelf:
    """A file is written beside its place, synced, and renamed into it."""

    address = "local://"

    def __init__(self, folder: Path, *, plain_allowed: bool = False) -> None:
        self._folder = folder
        self.plain_allowed = plain_allowed

    def write(self, key: str, parts: Iterable[bytes]) -> None:
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
        try:
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for part in parts:
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
            _sweep(target, partial)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)  # there only if the disk was full or the writing failed otherwise
        _sync(target.parent)

    def stat(self, key: str) -> Stored:
        path = self._path(key)
        try:
            with path.open("rb") as file:
                return _stored(key, os.fstat(file.fileno()))
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise NotFound(f"the media file {self.address}{key} is gone", {"url": self.address + key}) from error

    def read(self, stored: Stored, offset: int, length: int) -> bytes:
        try:
            descriptor = os.open(self._path(stored.key), os.O_RDONLY)
        except FileNotFoundError as error:
            raise NotFound(f"the media file {stored.key} is gone", {"key": stored.key}) from error
        with os.fdopen(descriptor, "rb") as file:
            if _stored(stored.key, os.fstat(file.fileno())) != stored:
                raise Conflict(f"the media file {stored.key} was replaced meanwhile: ask again", {"key": stored.key})
            file.seek(offset)
            return file.read(length)

    def keys(self) -> Iterator[str]:
        for path in sorted((self._folder / "assets").rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                yield path.relative_to(self._folder).as_posix()

    def _path(self, key: str) -> Path:
        return self._folder.joinpath(checked_key(key))


def _stored(key: str, found: os.stat_result) -> Stored:
    return Stored(key, found.st_size, f"{found.st_ino:x}-{found.st_mtime_ns:x}-{found.st_size:x}")


def _sweep(target: Path, newest: Path) -> None:
    """Remove what killed processes left half-written of this file."""
    now = newest.stat().st_mtime
    for left in target.parent.glob(f".{target.name}.*"):
        try:
            if now - left.stat().st_mtime > _LEFT_BEHIND_SECONDS:
                left.unlink()
        except FileNotFoundError:
            continue  # another process has swept it


def _sync(folder: Path) -> None:
    """Let the folder's list of names outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
