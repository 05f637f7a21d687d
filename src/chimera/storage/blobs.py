"""Produced media by url: `local://assets/...` is a file under the home's `media` folder."""

import os
import shutil
from pathlib import Path, PurePosixPath
from typing import Protocol

from chimera.core.errors import NotFound, ValidationFailed

_SCHEME = "local://"


class Blobs(Protocol):
    """Where media lie; a url once given stays valid until the piece is deleted."""

    def put(self, key: str, source: Path) -> str: ...

    def path(self, url: str) -> Path: ...


class FolderBlobs:
    """Media in one folder; a file appears whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: str, source: Path) -> str:
        """Copy `source` in under `key` (such as `assets/<id>/video.mp4`) and answer its url."""
        target = self._inside(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            shutil.copyfile(source, partial)
            with partial.open("rb") as written:
                os.fsync(written.fileno())
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)  # there only if the disk was full or the copy failed otherwise
        return _SCHEME + key

    def path(self, url: str) -> Path:
        """The file behind a url.

        Raises:
            ValidationFailed: not a url of this store.
            NotFound: the file is gone.
        """
        if not url.startswith(_SCHEME):
            raise ValidationFailed(f"{url!r} is not a local media url", {"url": url})
        path = self._inside(url.removeprefix(_SCHEME))
        if not path.is_file():
            raise NotFound(f"the media file {url} is gone", {"url": url})
        return path

    def _inside(self, key: str) -> Path:
        parts = PurePosixPath(key).parts
        if not parts or any(part in {"..", "/"} or part.startswith(".") for part in parts):
            raise ValidationFailed(f"{key!r} is not a media key", {"key": key})
        return self._folder.joinpath(*parts)
