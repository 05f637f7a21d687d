"""A ring of data keys without a database, and sealed media in a folder."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from chimera.security.data_keys import KeyRing, new_data_key
from chimera.security.master_key import MasterKey
from chimera.storage.blobs import SealedBlobs
from chimera.storage.shelves.folder import FolderShelf
from chimera.storage.shelves.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Row:
    """As a row of `data_key`."""

    id: UUID
    number: int
    wrapped: bytes


@dataclass
class KeyTable:
    """The table `data_key` in memory, under one master at a time; `opened` counts how often it was read."""

    masters: list[MasterKey] = field(default_factory=lambda: [MasterKey(os.urandom(32))])
    rows: list[Row] = field(default_factory=list)
    opened: int = 0

    def add(self) -> UUID:
        key_id = uuid4()
        self.rows.append(Row(key_id, len(self.rows) + 1, self.masters[0].wrap(key_id, new_data_key())))
        return key_id

    def read(self) -> list[Row]:
        self.opened += 1
        return list(self.rows)

    def ring(self) -> KeyRing:
        if not self.rows:
            self.add()
        return KeyRing(lambda: self.masters, self.rows, self.read)


@dataclass
class Store:
    """Sealed media on one shelf, and the keys they are under."""

    blobs: SealedBlobs
    shelf: Shelf
    table: KeyTable
    folder: Path

    def source(self, content: bytes, name: str = "source") -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def raw(self, key: str) -> bytes:
        """The file as it lies there."""
        stored = self.shelf.stat(key)
        return self.shelf.read(stored, 0, stored.size_bytes)

    def whole(self, url: str) -> bytes:
        return b"".join(self.blobs.open(url).parts())


def store_on(shelf: Shelf, folder: Path) -> Store:
    table = KeyTable()
    return Store(SealedBlobs([shelf], table.ring(), folder / "work"), shelf, table, folder)


def folder_blobs(folder: Path, table: KeyTable | None = None, *, plain_allowed: bool = False) -> SealedBlobs:
    """Sealed media under `folder/media`."""
    shelf = FolderShelf(folder / "media", plain_allowed=plain_allowed)
    return SealedBlobs([shelf], (table or KeyTable()).ring(), folder / "work")
