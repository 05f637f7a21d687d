"""The home's media folder: killed writers, full disks, media from before there were keys."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chimera.core.errors import SealBroken
from chimera.security.sealing import is_sealed
from chimera.storage.shelves.folder import FolderShelf
from factories_sealing import KeyTable, Store, folder_blobs, store_on

KEY = "assets/0b9e/video.mp4"
BIG = os.urandom(1000) * 5_000

_WRITES_UNTIL_KILLED = """
import sys
from pathlib import Path
from chimera.storage.shelves.folder import FolderShelf

def parts():
    yield bytes(100_000)
    print("writing", flush=True)
    sys.stdin.read()

FolderShelf(Path(sys.argv[1])).write(sys.argv[2], parts())
"""
_WRITES_WITH_LITTLE_ROOM = """
import resource, signal, sys
from pathlib import Path
from chimera.storage.shelves.folder import FolderShelf

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    FolderShelf(Path(sys.argv[1])).write(sys.argv[2], (bytes(100_000) for _ in range(20)))
except OSError as error:
    print(error.errno)
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return store_on(FolderShelf(tmp_path / "media"), tmp_path)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def killed_midway(store: Store) -> None:
    command = [sys.executable, "-c", _WRITES_UNTIL_KILLED, str(store.folder / "media"), KEY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        process.send_signal(signal.SIGKILL)


def test_a_writer_killed_midway_leaves_what_was_there_and_putting_again_is_safe(store: Store) -> None:
    url = store.blobs.put(KEY, store.source(b"before"))
    killed_midway(store)

    assert store.whole(url) == b"before"
    assert list(store.shelf.keys()) == [KEY]
    assert store.whole(store.blobs.put(KEY, store.source(BIG))) == BIG


def test_what_a_killed_writer_left_is_removed_an_hour_later(store: Store) -> None:
    killed_midway(store)
    (left,) = (store.folder / "media").rglob(".video.mp4.*")

    store.blobs.put(KEY, store.source(b"x"))
    assert left.exists()  # its writer may live
    os.utime(left, (0, 0))
    store.blobs.put(KEY, store.source(b"x"))

    assert files(store.folder / "media") == ["video.mp4"]


def test_a_full_disk_leaves_what_was_there_and_nothing_else(store: Store) -> None:
    url = store.blobs.put(KEY, store.source(b"before"))
    command = [sys.executable, "-c", _WRITES_WITH_LITTLE_ROOM, str(store.folder / "media"), KEY]

    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)

    assert told.stdout.strip() == "27"  # EFBIG, as ENOSPC an OSError of writing
    assert store.whole(url) == b"before"
    assert files(store.folder / "media") == ["video.mp4"]


def test_media_are_their_owners_only(store: Store) -> None:
    store.blobs.put(KEY, store.source(b"x"))

    assert (store.folder / "media" / KEY).stat().st_mode & 0o777 == 0o600


def test_a_link_in_the_folders_place_is_no_media(store: Store) -> None:
    (store.folder / "secret").write_bytes(b"secret")
    target = store.folder / "media" / KEY
    target.parent.mkdir(parents=True)
    target.symlink_to(store.folder / "secret")

    with pytest.raises(SealBroken):
        store.whole(f"local://{KEY}")


def test_media_from_before_there_were_keys_are_read_and_sealed(tmp_path: Path) -> None:
    blobs, url = folder_blobs(tmp_path, plain_allowed=True), f"local://{KEY}"
    path = tmp_path / "media" / KEY
    path.parent.mkdir(parents=True)
    path.write_bytes(BIG)

    assert blobs.open(url).read(1000, 5) == BIG[1000:1005]
    assert [blobs.reseal(url), blobs.reseal(url)] == [True, False]
    assert is_sealed(path.read_bytes())
    assert b"".join(blobs.open(url).parts()) == BIG


def test_a_plain_file_is_refused_where_all_are_sealed(tmp_path: Path) -> None:
    path = tmp_path / "media" / KEY
    path.parent.mkdir(parents=True)
    path.write_bytes(BIG)

    with pytest.raises(SealBroken):
        folder_blobs(tmp_path).open(f"local://{KEY}")


def test_media_of_another_home_do_not_open(tmp_path: Path) -> None:
    here, there = store_on(FolderShelf(tmp_path / "media"), tmp_path), folder_blobs(tmp_path, KeyTable())
    url = here.blobs.put(KEY, here.source(b"x"))

    with pytest.raises(SealBroken, match="which is not open here"):
        there.open(url)


def test_a_plain_copy_that_a_killed_process_left_is_removed_hours_later(store: Store) -> None:
    left = store.blobs.copies_folder()
    os.utime(left, (0, 0))
    other = store.blobs.copies_folder()

    assert [folder.exists() for folder in (left, other)] == [False, True]
