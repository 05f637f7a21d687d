"""The Merkle tree against the RFC's own recursive definition, written out here with plain hashlib."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chimera.treasury.log.merkle import Frontier, leaf_data, leaf_hash
from chimera.treasury.log.merkle_proof import (
    consistency_proof,
    extends,
    includes,
    inclusion_proof,
    perfect_nodes,
    tree_root,
)

#: The leaves and roots that implementations of Certificate Transparency have tested against since RFC 6962.
KNOWN_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
KNOWN_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def _mth(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = _largest_power_below(len(leaves))
    return hashlib.sha256(b"\x01" + _mth(leaves[:k]) + _mth(leaves[k:])).digest()


def _path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = _largest_power_below(len(leaves))
    if m < k:
        return [*_path(m, leaves[:k]), _mth(leaves[k:])]
    return [*_path(m - k, leaves[k:]), _mth(leaves[:k])]


def _subproof(m: int, leaves: Sequence[bytes], whole: bool) -> list[bytes]:
    """RFC 6962 section 2.1.2."""
    if m == len(leaves):
        return [] if whole else [_mth(leaves)]
    k = _largest_power_below(len(leaves))
    if m <= k:
        return [*_subproof(m, leaves[:k], whole), _mth(leaves[k:])]
    return [*_subproof(m - k, leaves[k:], False), _mth(leaves[:k])]


def _largest_power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def _hashes(leaves: Sequence[bytes]) -> list[bytes]:
    return [leaf_hash(leaf) for leaf in leaves]


def test_the_known_trees_have_the_known_roots() -> None:
    grown = Frontier()
    for size, root in enumerate(KNOWN_ROOTS, start=1):
        grown = grown.append([leaf_hash(KNOWN_LEAVES[size - 1])])
        assert grown.root().hex() == root
        assert tree_root(size, perfect_nodes(_hashes(KNOWN_LEAVES[:size]))).hex() == root


def test_no_leaves_hash_to_the_hash_of_nothing() -> None:
    assert Frontier().root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert Frontier().append([]) == Frontier()


def test_a_row_is_its_text_a_line_feed_and_its_signature() -> None:
    assert leaf_data('{"a":"\u00e9"}', "0xab") == b'{"a":"\xc3\xa9"}\n0xab'


def test_every_proof_of_every_small_tree_is_the_recursive_definitions_one() -> None:
    leaves = [bytes([number]) for number in range(40)]
    node = perfect_nodes(_hashes(leaves))
    for size in range(1, len(leaves) + 1):
        root = _mth(leaves[:size])
        assert tree_root(size, node) == root
        for index in range(size):
            proof = inclusion_proof(index, size, node)
            assert list(proof) == _path(index, leaves[:size])
            assert includes(leaf=leaf_hash(leaves[index]), index=index, size=size, proof=proof, root=root)
        for first in range(1, size + 1):
            steps = consistency_proof(first, size, node)
            assert list(steps) == _subproof(first, leaves[:size], True)
            before = _mth(leaves[:first])
            assert extends(first=first, first_root=before, second=size, second_root=root, proof=steps)


@given(st.lists(st.lists(st.binary(max_size=8), max_size=70), max_size=6))
def test_a_tree_grown_in_any_batches_has_the_root_of_all_its_leaves(batches: list[list[bytes]]) -> None:
    grown, leaves = Frontier(), []
    for batch in batches:
        leaves += batch
        grown = Frontier.from_bytes(grown.size, grown.to_bytes()).append(_hashes(batch))
        assert (grown.size, grown.root()) == (len(leaves), _mth(leaves))


@given(st.data(), st.integers(2, 300))
def test_a_proof_changed_anywhere_proves_nothing(data: st.DataObject, size: int) -> None:
    leaves = [number.to_bytes(2, "big") for number in range(size)]
    node, root = perfect_nodes(_hashes(leaves)), _mth(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = list(inclusion_proof(index, size, node))
    leaf = leaf_hash(leaves[index])
    place = data.draw(st.integers(0, len(proof) - 1))
    forged = [*proof[:place], bytes(32), *proof[place + 1 :]]
    other = data.draw(st.integers(-1, size).filter(lambda one: one != index))
    assert includes(leaf=leaf, index=index, size=size, proof=proof, root=root)
    assert not includes(leaf=leaf, index=index, size=size, proof=forged, root=root)
    assert not includes(leaf=leaf, index=index, size=size, proof=proof[:-1], root=root)
    assert not includes(leaf=leaf, index=index, size=size, proof=[*proof, bytes(32)], root=root)
    assert not includes(leaf=leaf, index=other, size=size, proof=proof, root=root)
    assert not includes(leaf=bytes(32), index=index, size=size, proof=proof, root=root)


@given(st.data(), st.integers(2, 300))
def test_a_tree_whose_past_was_changed_extends_nothing(data: st.DataObject, size: int) -> None:
    leaves = [number.to_bytes(2, "big") for number in range(size)]
    first = data.draw(st.integers(1, size))
    changed = data.draw(st.integers(0, first - 1))
    rewritten = [*leaves[:changed], b"else", *leaves[changed + 1 :]]
    proof = consistency_proof(first, size, perfect_nodes(_hashes(rewritten)))
    old, new = _mth(leaves[:first]), _mth(rewritten)
    assert not extends(first=first, first_root=old, second=size, second_root=new, proof=proof)
    honest = consistency_proof(first, size, perfect_nodes(_hashes(leaves)))
    assert extends(first=first, first_root=old, second=size, second_root=_mth(leaves), proof=honest)
    assert not extends(first=first, first_root=old, second=size, second_root=_mth(leaves), proof=[*honest, bytes(32)])
    if honest:
        assert not extends(first=first, first_root=old, second=size, second_root=_mth(leaves), proof=honest[:-1])


@pytest.mark.parametrize(("size", "content"), [(-1, b""), (0, bytes(32)), (3, bytes(32)), (4, bytes(31))])
def test_bytes_that_are_no_frontier_are_refused(size: int, content: bytes) -> None:
    with pytest.raises(ValueError, match="no frontier"):
        Frontier.from_bytes(size, content)


def test_a_leaf_or_a_beginning_outside_the_tree_has_no_proof() -> None:
    node = perfect_nodes(_hashes([b"a", b"b"]))
    for index in (-1, 2):
        with pytest.raises(ValueError, match="has no leaf"):
            inclusion_proof(index, 2, node)
    for first in (0, 3):
        with pytest.raises(ValueError, match="does not begin"):
            consistency_proof(first, 2, node)
    assert not includes(leaf=leaf_hash(b"a"), index=2, size=2, proof=[], root=bytes(32))
    assert not extends(first=3, first_root=b"", second=2, second_root=b"", proof=[])
    assert not extends(first=3, first_root=b"", second=5, second_root=b"", proof=[])
