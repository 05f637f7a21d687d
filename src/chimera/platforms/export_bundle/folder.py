"""One piece as a folder of files: it appears whole or not at all, and never in place of another unless told."""

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import uuid4

from chimera.contracts.channel_post import MediaName
from chimera.contracts.content import ExportedFile
from chimera.core.errors import Conflict, ToolFailed

DOCUMENT = "bundle.json"
_READ_BYTES = 1024 * 1024


def write_folder(
    target: Path,
    media: Mapping[MediaName, Path],
    document_of: Callable[[tuple[ExportedFile, ...]], str],
    *,
    replace: bool,
) -> Path:
    """Copy `media` into `target` beside the document that lists them; answers the folder's absolute path.

    Raises:
        Conflict: something stands at `target` and `replace` is not set.
        ToolFailed: the files can't be written; nothing is left behind, and what stood there still does.
    """
    target = target.absolute()
    if not replace and os.path.lexists(target):
        raise Conflict(f"{target} exists already: give another --to, or --force to replace it", {"path": str(target)})
    if replace and os.path.lexists(target) and not _is_export(target):
        raise Conflict(f"{target} is no export of Chimera: it is not replaced", {"path": str(target)})
    incoming = target.with_name(f".{target.name}.{uuid4().hex[:8]}")
    try:
        incoming.mkdir(parents=True)
        files = tuple(_copied(source, incoming / name) for name, source in media.items())
        _write(incoming / DOCUMENT, document_of(files))
        _put_in_place(incoming, target)
    except OSError as error:
        raise ToolFailed(
            f"the export can't be written to {target}: {error.strerror or error}. Free space or give another --to",
            {"path": str(target)},
        ) from error
    finally:
        shutil.rmtree(incoming, ignore_errors=True)
    return target


def _is_export(target: Path) -> bool:
    """Whether replacing it loses nothing but an export: an empty folder, or one with our document."""
    if target.is_symlink() or not target.is_dir():
        return False
    return (target / DOCUMENT).is_file() or not any(target.iterdir())


def _copied(source: Path, target: Path) -> ExportedFile:
    digest = hashlib.sha256()
    with source.open("rb") as read, target.open("wb") as written:
        while chunk := read.read(_READ_BYTES):
            digest.update(chunk)
            written.write(chunk)
        written.flush()
        os.fsync(written.fileno())
    return ExportedFile(name=target.name, size_bytes=target.stat().st_size, sha256=digest.hexdigest())


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as written:
        written.write(text)
        written.flush()
        os.fsync(written.fileno())


def _put_in_place(incoming: Path, target: Path) -> None:
    """Rename the new folder in; an older export steps aside first and comes back should that fail."""
    if not os.path.lexists(target):
        incoming.rename(target)
        return
    aside = target.with_name(f"{incoming.name}.old")
    target.rename(aside)
    try:
        incoming.rename(target)
    except OSError:
        aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)
