"""The exported log's folder (C2SP tlog-tiles): hash tiles, entry bundles and the newest checkpoint, as plain files.

A full tile is written once and never again; a file appears whole or not at all.
"""

import os
import secrets
import shutil
import struct
from collections.abc import Sequence
from pathlib import Path

from chimera.core.errors import Conflict, EngineUnavailable
from chimera.security.signed_note import NOTE_BYTES_MAX
from chimera.treasury.log.merkle import HASH_BYTES, node_hash
from chimera.treasury.log.merkle_proof import Node, perfect_nodes

TILE_WIDTH = 256
TILE_LEVELS = 8
"""A tile spans so many levels of the tree."""
ENTRY_BYTES_MAX = 65_535
_LENGTH = struct.Struct(">H")
_CHECKPOINT = "checkpoint"
_ENTRIES = "entries"


def tile_width(size: int, level: int, index: int) -> int:
    """How many hashes tile `index` of `level` has in the log of `size` entries."""
    return max(0, min(TILE_WIDTH, (size >> TILE_LEVELS * level) - index * TILE_WIDTH))


def bundle_of(entries: Sequence[bytes]) -> bytes:
    """Entries, each behind its length.

    Raises:
        ValueError: an entry has more than 65,535 bytes.
    """
    try:
        return b"".join(part for entry in entries for part in (_LENGTH.pack(len(entry)), entry))
    except struct.error as error:
        raise ValueError(f"an entry of the log has more than {ENTRY_BYTES_MAX} bytes") from error


class LogFolder:
    """Reads and writes the files; whoever writes holds the publisher's lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def checkpoint(self) -> str | None:
        """The newest checkpoint's note; None before the first export."""
        content = self._read(self.folder / _CHECKPOINT, NOTE_BYTES_MAX + 1)
        return None if content is None else content.decode(errors="replace")

    def write_checkpoint(self, note: str) -> None:
        """Replace the checkpoint, once everything it stands for is written."""
        self._write(self.folder / _CHECKPOINT, note.encode())

    def hashes(self, level: int, index: int, width: int) -> list[bytes]:
        """The first `width` hashes of a tile, from the full tile or from a partial one; fewer if they are not there."""
        content = self._tile(str(level), index, width, HASH_BYTES * TILE_WIDTH)
        content = content[: HASH_BYTES * width]
        return [content[at : at + HASH_BYTES] for at in range(0, len(content) - HASH_BYTES + 1, HASH_BYTES)]

    def bundle(self, index: int, width: int) -> bytes:
        """The bundle of a tile's entries; it may hold more than `width` of them."""
        return self._tile(_ENTRIES, index, width, (ENTRY_BYTES_MAX + _LENGTH.size) * TILE_WIDTH)

    def put_hashes(self, level: int, index: int, hashes: Sequence[bytes]) -> None:
        """Write a tile, full or partial."""
        self._put(str(level), index, len(hashes), b"".join(hashes))

    def put_bundle(self, index: int, entries: Sequence[bytes]) -> None:
        """Write a bundle, full or partial."""
        self._put(_ENTRIES, index, len(entries), bundle_of(entries))

    def nodes(self, size: int) -> Node:
        """The perfect subtrees of the log of `size` entries, each tile read at most once.

        Raises (by the function it answers):
            EngineUnavailable: a tile of that log is missing.
        """
        trees: dict[tuple[int, int], Node] = {}

        def node(level: int, index: int) -> bytes:
            tile_level, inside = divmod(level, TILE_LEVELS)
            tile_index = index >> TILE_LEVELS - inside
            key = (tile_level, tile_index)
            if key not in trees:
                width = tile_width(size, *key)
                hashes = self.hashes(*key, width)
                if len(hashes) < width:
                    raise self.damaged(f"tile {tile_index} of level {tile_level} is missing or cut")
                trees[key] = perfect_nodes(hashes)
            return trees[key](inside, index - (tile_index << TILE_LEVELS - inside))

        return node

    def damaged(self, what: str) -> EngineUnavailable:
        """The refusal to work with files that are not as they were written."""
        return EngineUnavailable(
            f"the exported log in {self.folder} is damaged: {what}. Restore the folder from a copy, or set "
            "LEDGER_LOG_FOLDER to an empty one; `chimera ledger verify` tells what differs",
            {"path": str(self.folder)},
        )

    def _path(self, kind: str, index: int, width: int) -> Path:
        digits = f"{index:03}" if index < 1000 else f"{index:0{-(-len(str(index)) // 3) * 3}}"
        parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        path = self.folder.joinpath("tile", kind, *(f"x{part}" for part in parts[:-1]), parts[-1])
        return path if width == TILE_WIDTH else path.with_name(f"{path.name}.p") / str(width)

    def _tile(self, kind: str, index: int, width: int, bytes_max: int) -> bytes:
        if not width:
            return b""
        for wide in dict.fromkeys((width, TILE_WIDTH)):
            content = self._read(self._path(kind, index, wide), bytes_max)
            if content is not None:
                return content
        return b""

    def _put(self, kind: str, index: int, width: int, content: bytes) -> None:
        path = self._path(kind, index, width)
        stored = self._read(path, len(content) + 1)
        if stored is None:
            self._write(path, content)
        elif stored != content:
            raise Conflict(
                f"{path} holds other rows than the ledger: one of the two was rewritten. Nothing was overwritten; "
                "`chimera ledger verify` names the first row that differs",
                {"path": str(path)},
            )
        if width == TILE_WIDTH:
            shutil.rmtree(path.with_name(f"{path.name}.p"), ignore_errors=True)

    def _read(self, path: Path, bytes_max: int) -> bytes | None:
        try:
            with path.open("rb") as file:
                return file.read(bytes_max)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise EngineUnavailable(f"{path} can't be read: {error.strerror}", {"path": str(path)}) from error

    def _write(self, path: Path, content: bytes) -> None:
        partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with partial.open("xb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)
            _keep_names(path.parent)
        except OSError as error:
            raise EngineUnavailable(
                f"{path} can't be written ({error.strerror}): make room, or set LEDGER_LOG_FOLDER to a writable place",
                {"path": str(path)},
            ) from error


def tile_root(hashes: Sequence[bytes]) -> bytes:
    """The root of a full tile, one hash of the level above."""
    row = list(hashes)
    while len(row) > 1:
        pairs = iter(row)
        row = [node_hash(left, right) for left, right in zip(pairs, pairs, strict=True)]
    return row[0]


def _keep_names(folder: Path) -> None:
    """A renamed file survives a power cut once its folder is written."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
