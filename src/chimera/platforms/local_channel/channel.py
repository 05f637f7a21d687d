"""Posts as folders: each appears whole or not at all, under an id that follows from its content id."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import UUID, uuid5

from pydantic import ValidationError

from chimera.contracts.channel_post import ChannelPost, MediaName
from chimera.core.errors import Conflict, NotFound, ToolFailed

_RECORD = "post.json"
_INCOMING = ".incoming-"
POSTS_MAX = 100_000
RECORD_BYTES_MAX = 1024 * 1024


def post_id_of(content_id: UUID) -> str:
    """The post's id: the same for the same content piece, however often it is published."""
    return uuid5(content_id, "local-channel").hex[:16]


class LocalChannel:
    """The channel in one folder. `probe` is read-only and tells after a crash whether a post went out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._listed: tuple[int, tuple[ChannelPost, ...]] | None = None

    def publish(self, post: ChannelPost, media: Mapping[MediaName, Path]) -> ChannelPost:
        """Put the post up, or find it there already: the one that stands is answered.

        Raises:
            Conflict: another piece stands under this id.
            ToolFailed: the files can't be copied (such as a full disk); nothing is left behind.
        """
        target = self._folder / post.post_id
        incoming = self._folder / f"{_INCOMING}{post.post_id}-{os.getpid()}"
        if not target.exists():
            try:
                self._fill(incoming, post, media)
                incoming.rename(target)
                _sync(self._folder)
            except OSError as error:
                if not target.exists():
                    raise ToolFailed(
                        f"the post can't be written to the channel: {error}. Free space, then retry"
                    ) from error
            finally:
                shutil.rmtree(incoming, ignore_errors=True)
        self._sweep(post.post_id)
        standing = self.probe(post.post_id)
        if standing is None or standing.content_id != post.content_id:
            raise Conflict(f"post {post.post_id} on the channel belongs to another piece", {"post_id": post.post_id})
        return standing

    def probe(self, post_id: str) -> ChannelPost | None:
        """The post as it stands, or None; what somebody else put there, a link included, is no post."""
        record = self._folder / post_id / _RECORD
        try:
            if record.parent.is_symlink() or not _is_own_file(record) or record.stat().st_size > RECORD_BYTES_MAX:
                return None
            post = ChannelPost.model_validate_json(record.read_bytes())
        except (OSError, ValidationError):
            return None
        return post if post.post_id == post_id else None

    def posts(self) -> tuple[ChannelPost, ...]:
        """All posts, the newest first; read again only when one came or went."""
        if not self._folder.is_dir():
            return ()
        changed_at = self._folder.stat().st_mtime_ns
        if self._listed is None or self._listed[0] != changed_at:
            newest_first = sorted(self._read(), key=lambda post: (post.published_at, post.post_id), reverse=True)
            self._listed = (changed_at, tuple(newest_first))
        return self._listed[1]

    def media(self, post_id: str, name: MediaName) -> Path:
        """A post's file.

        Raises:
            NotFound: no such post or file.
        """
        path = self._folder / post_id / name
        if self.probe(post_id) is None or not _is_own_file(path):
            raise NotFound(f"there is no {name} of post {post_id}", {"post_id": post_id})
        return path

    def delete(self, post_id: str) -> bool:
        """Take the post down; answers whether it stood."""
        if self.probe(post_id) is None:
            return False
        gone = self._folder / f"{_INCOMING}{post_id}-deleted-{os.getpid()}"
        (self._folder / post_id).rename(gone)
        shutil.rmtree(gone)
        self._sweep(post_id)
        return True

    def _sweep(self, post_id: str) -> None:
        """Remove what killed processes left half written of this post, which stands now."""
        for left in self._folder.glob(f"{_INCOMING}{post_id}-*"):
            shutil.rmtree(left, ignore_errors=True)

    def _fill(self, incoming: Path, post: ChannelPost, media: Mapping[MediaName, Path]) -> None:
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.mkdir(parents=True)
        for name, source in media.items():
            shutil.copyfile(source, incoming / name)
        (incoming / _RECORD).write_text(post.model_dump_json(indent=2))
        for path in incoming.iterdir():
            _sync(path)
        _sync(incoming)

    def _read(self) -> Iterator[ChannelPost]:
        for entry, _ in zip(os.scandir(self._folder), range(POSTS_MAX), strict=False):
            if entry.name.startswith("."):
                continue
            if (post := self.probe(entry.name)) is not None:
                yield post


def _sync(path: Path) -> None:
    """Let the file, or the folder's list of names, outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_own_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
