"""The exported log against the rows: the first row that differs, and whether the folder itself is whole."""

from collections.abc import Sequence

from nacl.signing import VerifyKey

from chimera.core.errors import ChimeraError
from chimera.treasury.audit.problems import ProblemCode, Problems
from chimera.treasury.audit.rows import Leaf
from chimera.treasury.log.checkpoint import Checkpoint, read_checkpoint_of_any
from chimera.treasury.log.merkle import Frontier, leaf_hash
from chimera.treasury.log.tiles import TILE_WIDTH, LogFolder, bundle_of, tile_root, tile_width


class ExportAudit:
    """Takes the leaves in order and reads the folder's tiles beside them, one at a time."""

    def __init__(self, problems: Problems, folder: LogFolder, log_key: VerifyKey, origin: str) -> None:
        self._problems = problems
        self._folder = folder
        self._leaves: list[Leaf] = []
        self._tiles = 0
        self._frontier = Frontier()
        self._upper: list[bytes] = []
        self._difference: int | None = None
        self.first_difference: int | None = None
        """The first row that is not as it was exported; known after `finish`, and only if the folder is whole."""
        self.checkpoint = self._read_checkpoint(log_key, origin)
        self.size = self.checkpoint.size if self.checkpoint else 0

    def take(self, leaves: Sequence[Leaf]) -> None:
        """Compare the next rows' leaves."""
        self._leaves += leaves
        while len(self._leaves) >= TILE_WIDTH and self._tiles * TILE_WIDTH < self.size:
            self._compare(self._leaves[:TILE_WIDTH])
            del self._leaves[:TILE_WIDTH]
        if self._tiles * TILE_WIDTH >= self.size:
            self._leaves.clear()

    def finish(self) -> None:
        """Read what is left of the folder; whoever differs, folder or ledger, is named."""
        while self._tiles * TILE_WIDTH < self.size:
            self._compare(self._leaves[:TILE_WIDTH])
            del self._leaves[:TILE_WIDTH]
        if not self.checkpoint:
            return
        if self._frontier.size != self.size or self._frontier.root() != self.checkpoint.root:
            self._found("the tiles of the folder do not have the root of its checkpoint: they were changed")
            return
        self._check_upper_tiles()
        self.first_difference = self._difference
        if self._difference is not None:
            message = f"row {self._difference} is not the row that was exported"
            self._found(message, self._difference)

    def _read_checkpoint(self, log_key: VerifyKey, origin: str) -> Checkpoint | None:
        try:
            note = self._folder.checkpoint()
            checkpoint = None if note is None else read_checkpoint_of_any(note, log_key)
        except ChimeraError as error:
            self._found(f"the folder's checkpoint: {error.message}")
            return None
        if checkpoint and checkpoint.origin != origin:
            self._found(f"the folder holds the ledger {checkpoint.origin}, the database {origin}")
        return checkpoint

    def _compare(self, leaves: Sequence[Leaf]) -> None:
        """One tile: its hashes against the ledger's, and its entries against its hashes."""
        index, self._tiles = self._tiles, self._tiles + 1
        width = tile_width(self.size, 0, index)
        leaves = leaves[:width]
        exported = self._folder.hashes(0, index, width)
        if len(exported) < width:
            self._found(f"tile {index} of level 0 is missing or cut")
        own = [leaf.hash for leaf in leaves]
        if self._difference is None and own != exported:
            self._difference = index * TILE_WIDTH + 1 + _first_difference(own, exported)
        self._check_bundle(
            index, width, exported, bundle_of([leaf.data for leaf in leaves]) if own == exported else None
        )
        self._frontier = self._frontier.append(exported)
        if width == TILE_WIDTH == len(exported):
            self._upper.append(tile_root(exported))

    def _check_bundle(self, index: int, width: int, exported: Sequence[bytes], expected: bytes | None) -> None:
        bundle = self._folder.bundle(index, width)
        if expected is not None and bundle[: len(expected)] == expected:
            return
        if [leaf_hash(entry) for entry in _entries(bundle, width)] != list(exported):
            self._found(f"the entries of bundle {index} do not have the hashes of its tile")

    def _check_upper_tiles(self) -> None:
        level, hashes = 1, self._upper
        while hashes:
            roots = []
            for index in range(-(-len(hashes) // TILE_WIDTH)):
                own = hashes[index * TILE_WIDTH : (index + 1) * TILE_WIDTH]
                if self._folder.hashes(level, index, len(own)) != own:
                    self._found(f"tile {index} of level {level} is not made of the tiles below it")
                if len(own) == TILE_WIDTH:
                    roots.append(tile_root(own))
            level, hashes = level + 1, roots

    def _found(self, message: str, seq: int | None = None) -> None:
        self._problems.found(ProblemCode.EXPORT, f"exported log: {message}", seq)


def _first_difference(own: Sequence[bytes], exported: Sequence[bytes]) -> int:
    for place, (one, other) in enumerate(zip(own, exported, strict=False)):
        if one != other:
            return place
    return min(len(own), len(exported))


def _entries(bundle: bytes, count: int) -> list[bytes]:
    entries, at = [], 0
    for _ in range(count):
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        entries.append(bundle[at + 2 : end])
        at = end
    return entries
