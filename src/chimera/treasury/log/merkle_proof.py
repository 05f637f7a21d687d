"""Proofs about the ledger's Merkle tree (RFC 6962 sections 2.1.1 and 2.1.2), made and verified; pure."""

from collections.abc import Callable, Iterable, Sequence

from chimera.treasury.log.merkle import node_hash

Node = Callable[[int, int], bytes]
"""The root of a perfect subtree: of the leaves from `index * 2**level` up to `(index + 1) * 2**level`, excluded."""


def perfect_nodes(leaf_hashes: Iterable[bytes]) -> Node:
    """Every perfect subtree over these leaves, kept in memory."""
    levels = [list(leaf_hashes)]
    while len(levels[-1]) > 1:
        pairs = iter(levels[-1])
        # An odd one out has no perfect parent.
        levels.append([node_hash(left, right) for left, right in zip(pairs, pairs, strict=False)])
    return lambda level, index: levels[level][index]


def tree_root(size: int, node: Node) -> bytes:
    """The root of the first `size` (at least one) leaves."""
    return _range_root(0, size, node)


def inclusion_proof(index: int, size: int, node: Node) -> tuple[bytes, ...]:
    """The audit path of leaf `index` in the tree of the first `size` leaves, from the leaf upwards."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(middle, end, node))
            end = middle
        else:
            path.append(_range_root(start, middle, node))
            start = middle
    return tuple(reversed(path))


def includes(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` leads from the leaf's hash at `index` to the `root` of `size` leaves (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, value = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            value = node_hash(sibling, value)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and value == root


def consistency_proof(first: int, second: int, node: Node) -> tuple[bytes, ...]:
    """The proof that the tree of `first` leaves is the beginning of the tree of `second` leaves."""
    if not 0 < first <= second:
        raise ValueError(f"a tree of {second} leaves does not begin with {first} leaves that can be proven")
    proof: list[bytes] = []
    start, end, whole = 0, second, True
    while first < end:
        middle = start + _split(end - start)
        if first <= middle:
            proof.append(_range_root(middle, end, node))
            end = middle
        else:
            proof.append(_range_root(start, middle, node))
            start, whole = middle, False
    if not whole:
        proof.append(_range_root(start, end, node))
    return tuple(reversed(proof))


def extends(*, first: int, first_root: bytes, second: int, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows the first tree to be the beginning of the second one (RFC 9162, 2.1.4.2)."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    steps = list(proof) if first & (first - 1) else [first_root, *proof]
    if not steps:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, step)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _split(leaves: int) -> int:
    """The largest power of two below `leaves` (at least two): where a subtree parts."""
    return 1 << (leaves - 1).bit_length() - 1


def _range_root(start: int, end: int, node: Node) -> bytes:
    """The root over leaves `start` to `end` (excluded), where `start` is where a subtree parts."""
    leaves = end - start
    if leaves & (leaves - 1) == 0:
        level = leaves.bit_length() - 1
        return node(level, start >> level)
    middle = start + _split(leaves)
    return node_hash(_range_root(start, middle, node), _range_root(middle, end, node))
