"""An export appears whole or not at all, and takes nothing else's place."""

import hashlib
from pathlib import Path

import pytest

from chimera.contracts.channel_post import MediaName
from chimera.contracts.content import ExportedFile
from chimera.core.errors import Conflict, ToolFailed
from chimera.platforms.export_bundle.folder import DOCUMENT, write_folder


def listing(files: tuple[ExportedFile, ...]) -> str:
    return " ".join(f"{file.name}:{file.size_bytes}:{file.sha256}" for file in files)


@pytest.fixture
def media(tmp_path: Path) -> dict[MediaName, Path]:
    (tmp_path / "source").write_bytes(b"film")
    return {"video.mp4": tmp_path / "source"}


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_an_export_holds_the_files_and_a_document_with_their_hashes(
    tmp_path: Path, media: dict[MediaName, Path]
) -> None:
    target = write_folder(tmp_path / "out" / "piece", media, listing, replace=False)
    assert names_in(target) == {"video.mp4", DOCUMENT}
    assert (target / DOCUMENT).read_text() == f"video.mp4:4:{hashlib.sha256(b'film').hexdigest()}"
    assert names_in(tmp_path / "out") == {"piece"}


def test_what_stands_there_is_kept_unless_told(tmp_path: Path, media: dict[MediaName, Path]) -> None:
    target = write_folder(tmp_path / "piece", media, listing, replace=False)
    media["video.mp4"].write_bytes(b"another film")
    with pytest.raises(Conflict, match="--force"):
        write_folder(target, media, listing, replace=False)
    assert (target / "video.mp4").read_bytes() == b"film"
    write_folder(target, media, listing, replace=True)
    assert (target / "video.mp4").read_bytes() == b"another film"
    assert names_in(tmp_path) == {"piece", "source"}


def test_a_folder_that_is_no_export_is_never_replaced(tmp_path: Path, media: dict[MediaName, Path]) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")
    with pytest.raises(Conflict, match="no export"):
        write_folder(tmp_path / "home", media, listing, replace=True)
    with pytest.raises(Conflict, match="no export"):
        write_folder(media["video.mp4"], media, listing, replace=True)
    assert names_in(tmp_path / "home") == {"letter.txt"}
    assert media["video.mp4"].read_bytes() == b"film"


def test_a_failed_copy_leaves_the_older_export_and_nothing_else(tmp_path: Path, media: dict[MediaName, Path]) -> None:
    target = write_folder(tmp_path / "piece", media, listing, replace=False)
    broken = {**media, "captions.srt": tmp_path / "gone"}
    with pytest.raises(ToolFailed):
        write_folder(target, broken, listing, replace=True)
    assert names_in(target) == {"video.mp4", DOCUMENT}
    assert names_in(tmp_path) == {"piece", "source"}


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, media: dict[MediaName, Path]) -> None:
    with pytest.raises(ToolFailed, match="source"):
        write_folder(media["video.mp4"] / "piece", media, listing, replace=False)
