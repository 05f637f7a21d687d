"""The exported log's files, compared with the tree of the RFC and with the layout of C2SP tlog-tiles."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera.core.errors import Conflict, EngineUnavailable
from chimera.treasury.log.export_tiles import TileExport, exported_root
from chimera.treasury.log.merkle import Frontier, leaf_hash
from chimera.treasury.log.merkle_proof import inclusion_proof, perfect_nodes
from chimera.treasury.log.tiles import LogFolder, bundle_of


def _entry(index: int) -> bytes:
    return f"row {index}".encode()


def _export(folder: LogFolder, before: int, size: int) -> TileExport:
    """Goes on from `before` entries to `size`."""
    export = TileExport(folder, before)
    export.take([_entry(index) for index in range(export.size, size)])
    export.finish()
    return export


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_log_of_70000_has_the_files_of_the_specifications_example(tmp_path: Path) -> None:
    _export(LogFolder(tmp_path), 0, 70_000)
    hashes = {name for name in _files(tmp_path) if "entries" not in name}
    assert sum(name.startswith("tile/0/") for name in hashes) == 274
    assert {name for name in hashes if not name.startswith("tile/0/")} == {
        "tile/1/000",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    }
    assert "tile/0/273.p/112" in hashes
    assert (tmp_path / "tile/1/000").stat().st_size == 8192


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 900), min_size=1, max_size=4))
def test_a_log_exported_in_any_steps_is_the_one_exported_at_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int]
) -> None:
    folder, size = tmp_path_factory.mktemp("log"), 0
    for step in steps:
        export = _export(LogFolder(folder), size, size + step)
        size += step
    leaves = [leaf_hash(_entry(index)) for index in range(size)]
    assert export.frontier == Frontier().append(leaves)
    at_once = tmp_path_factory.mktemp("log")
    _export(LogFolder(at_once), 0, size)
    assert _files(at_once) <= _files(folder)
    assert all((at_once / name).read_bytes() == (folder / name).read_bytes() for name in _files(at_once))
    if size:
        assert exported_root(LogFolder(folder), size) == Frontier().append(leaves).root()
        node = LogFolder(folder).nodes(size)
        assert inclusion_proof(size - 1, size, node) == inclusion_proof(size - 1, size, perfect_nodes(leaves))


def test_a_bundle_holds_each_entry_behind_its_length(tmp_path: Path) -> None:
    _export(LogFolder(tmp_path), 0, 2)
    assert (tmp_path / "tile/entries/000.p/2").read_bytes() == b"\x00\x05row 0\x00\x05row 1"
    expected = b"".join(hashlib.sha256(b"\x00" + _entry(index)).digest() for index in range(2))
    assert (tmp_path / "tile/0/000.p/2").read_bytes() == expected
    with pytest.raises(ValueError, match="65535"):
        bundle_of([bytes(65_536)])


def test_a_full_tile_is_never_written_again(tmp_path: Path) -> None:
    _export(LogFolder(tmp_path), 0, 300)
    before = {name: (tmp_path / name).stat().st_mtime_ns for name in ("tile/0/000", "tile/entries/000")}
    _export(LogFolder(tmp_path), 300, 600)
    _export(LogFolder(tmp_path), 0, 600)
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in before} == before
    assert not (tmp_path / "tile/0/001.p").exists()


def test_other_rows_in_the_place_of_exported_ones_are_refused_and_nothing_is_overwritten(tmp_path: Path) -> None:
    _export(LogFolder(tmp_path), 0, 300)
    files = {name: (tmp_path / name).read_bytes() for name in _files(tmp_path)}
    export = TileExport(LogFolder(tmp_path), 0)
    with pytest.raises(Conflict, match="Nothing was overwritten"):
        export.take([b"forged", *(_entry(index) for index in range(1, 300))])
    assert {name: (tmp_path / name).read_bytes() for name in _files(tmp_path)} == files


def test_a_tile_that_is_gone_is_named(tmp_path: Path) -> None:
    _export(LogFolder(tmp_path), 0, 300)
    (tmp_path / "tile/0/001.p/44").unlink()
    with pytest.raises(EngineUnavailable, match="tile 1 of level 0"):
        exported_root(LogFolder(tmp_path), 300)


def test_the_millionth_tile_lies_where_the_specification_says(tmp_path: Path) -> None:
    LogFolder(tmp_path).put_hashes(0, 1_234_067, [bytes(32)])
    assert _files(tmp_path) == {"tile/0/x001/x234/067.p/1"}
