"""From ledger rows to the exported log: tiles of every level as they fill, and the partial ones at the end."""

from collections.abc import Sequence

from chimera.treasury.log.merkle import Frontier, leaf_hash
from chimera.treasury.log.merkle_proof import tree_root
from chimera.treasury.log.tiles import TILE_LEVELS, TILE_WIDTH, LogFolder, tile_root, tile_width


class TileExport:
    """Goes on from a log of `size` entries; takes entries from the start of its last level-0 tile on."""

    def __init__(self, folder: LogFolder, size: int) -> None:
        self._folder = folder
        self._entries: list[bytes] = []
        self._levels: list[list[bytes]] = [[]]
        self._first_entry = size - size % TILE_WIDTH
        node = folder.nodes(size)
        for level in range(1, 1 + max(0, size.bit_length() - 1) // TILE_LEVELS):
            index = size >> TILE_LEVELS * (level + 1)
            width = tile_width(size, level, index)
            at = index * TILE_WIDTH
            self._levels.append([node(TILE_LEVELS * level, at + place) for place in range(width)])
        self.frontier = _frontier_before(self._first_entry, folder, size)

    @property
    def size(self) -> int:
        """How many entries there are with those taken."""
        return self.frontier.size

    def take(self, entries: Sequence[bytes]) -> None:
        """Take the next entries; every tile that becomes full is written."""
        hashes = [leaf_hash(entry) for entry in entries]
        for entry, hashed in zip(entries, hashes, strict=True):
            self._entries.append(entry)
            self._levels[0].append(hashed)
            if len(self._entries) == TILE_WIDTH:
                self._fill()
        self.frontier = self.frontier.append(hashes)

    def finish(self) -> None:
        """Write the tiles that are partly filled."""
        if self._entries:
            self._folder.put_bundle(self._index(0), self._entries)
        for level, hashes in enumerate(self._levels):
            if hashes:
                self._folder.put_hashes(level, self._index(level), hashes)

    def _fill(self) -> None:
        self._folder.put_bundle(self._index(0), self._entries)
        self._entries = []
        self._first_entry += TILE_WIDTH
        level = 0
        while len(self._levels[level]) == TILE_WIDTH:
            # The entries of a full tile are counted already.
            index = (self._first_entry >> TILE_LEVELS * (level + 1)) - 1
            self._folder.put_hashes(level, index, self._levels[level])
            root, self._levels[level] = tile_root(self._levels[level]), []
            level += 1
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(root)

    def _index(self, level: int) -> int:
        return self._first_entry >> TILE_LEVELS * (level + 1)


def exported_root(folder: LogFolder, size: int) -> bytes:
    """The root of the log's first `size` entries, at least one, by its tiles."""
    return tree_root(size, folder.nodes(size))


def _frontier_before(first_entry: int, folder: LogFolder, size: int) -> Frontier:
    """The frontier of the first `first_entry` entries of a log of `size`."""
    node = folder.nodes(size)
    roots = [
        node(level, (first_entry >> level) - 1)
        for level in reversed(range(first_entry.bit_length()))
        if first_entry >> level & 1
    ]
    return Frontier(first_entry, tuple(roots))
