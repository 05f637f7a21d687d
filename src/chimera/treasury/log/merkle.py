"""The ledger's Merkle tree (RFC 6962 section 2.1): leaf and node hashes, and the frontier it grows from; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

HASH_BYTES = 32
_NODE = b"\x01"


def leaf_data(document: str, signature: str) -> bytes:
    """What a row contributes to the tree: its signed text, a line feed, its signature."""
    return f"{document}\n{signature}".encode()


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbouring subtrees."""
    return sha256(_NODE + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """A tree of `size` leaves, as the roots of its perfect subtrees, largest first: enough to go on growing it."""

    size: int = 0
    roots: tuple[bytes, ...] = ()

    @classmethod
    def from_bytes(cls, size: int, content: bytes) -> "Frontier":
        """The frontier that `to_bytes` wrote.

        Raises:
            ValueError: a tree of `size` leaves has another number of perfect subtrees.
        """
        if size < 0 or len(content) != HASH_BYTES * size.bit_count():
            raise ValueError(f"{len(content)} bytes are no frontier of {size} leaves")
        return cls(size, tuple(content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)))

    def to_bytes(self) -> bytes:
        """The roots, one behind the other."""
        return b"".join(self.roots)

    def append(self, leaf_hashes: Sequence[bytes]) -> "Frontier":
        """The tree with these leaves behind its last one; one pass a level, so a batch costs little but its hashes."""
        larger = list(self.roots)
        smaller: list[bytes] = []
        left, level = self.size, list(leaf_hashes)
        while level:
            if left & 1:
                level.insert(0, larger.pop())
            if len(level) & 1:
                smaller.append(level.pop())
            pairs = iter(level)
            level = [sha256(_NODE + one + two).digest() for one, two in zip(pairs, pairs, strict=True)]
            left >>= 1
        return Frontier(self.size + len(leaf_hashes), (*larger, *reversed(smaller)))

    def root(self) -> bytes:
        """The tree's root; of no leaves, the hash of nothing."""
        if not self.roots:
            return sha256(b"").digest()
        root = self.roots[-1]
        for larger in self.roots[-2::-1]:
            root = node_hash(larger, root)
        return root
