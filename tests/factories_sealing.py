"""A ring of data keys without a database, and sealed media in a folder."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from chimera.security.data_keys import KeyRing, new_data_key
from chimera.security.master_key import MasterKey
from chimera.storage.blobs import SealedBlobs
from chimera.storage.shelves.folder import FolderShelf


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


def folder_blobs(folder: Path, table: KeyTable | None = None, *, plain_allowed: bool = False) -> SealedBlobs:
    """Sealed media under `folder/media`."""
    shelf = FolderShelf(folder / "media", plain_allowed=plain_allowed)
    return SealedBlobs([shelf], (table or KeyTable()).ring(), folder / "work")
