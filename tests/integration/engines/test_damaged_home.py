"""Homes that can't be used: a clear refusal that says what to do, and every file left as it was."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from chimera.core.errors import EngineUnavailable
from chimera.storage.engines.opening import open_engines
from chimera.storage.engines.postgresql import Postgresql
from chimera.storage.engines.server import EmbeddedServer

NO_REDIS = "redis://elsewhere/0"


@pytest.fixture(scope="module")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a database, stopped."""
    home = tmp_path_factory.mktemp("made") / "home"
    server = EmbeddedServer(Postgresql(), home)
    server.leave(server.join())
    return home


@pytest.fixture
def damaged_home(made_home: Path, tmp_path: Path) -> Path:
    """A copy of it to spoil, owned as before."""
    home = tmp_path / "home"
    subprocess.run(["/bin/cp", "-a", str(made_home), str(home)], check=True)
    return home


async def test_a_missing_version_file_is_told(damaged_home: Path) -> None:
    _data(damaged_home).joinpath("PG_VERSION").unlink()
    assert "PG_VERSION is missing" in await _refusal(damaged_home)


async def test_an_emptied_data_folder_is_not_taken_for_a_new_home(damaged_home: Path) -> None:
    for item in _data(damaged_home).iterdir():
        shutil.rmtree(item) if item.is_dir() else item.unlink()
    assert "PG_VERSION is missing" in await _refusal(damaged_home)
    assert list(_data(damaged_home).iterdir()) == []


async def test_data_of_another_major_version_are_refused_and_both_versions_named(damaged_home: Path) -> None:
    _data(damaged_home).joinpath("PG_VERSION").write_text("13\n")
    assert "made by PostgreSQL 13" in await _refusal(damaged_home)


async def test_a_corrupt_control_file_is_told_and_kept(damaged_home: Path) -> None:
    control = _data(damaged_home) / "global" / "pg_control"
    with control.open("r+b") as file:
        file.write(b"\xff" * 512)
    before = _contents(damaged_home)
    message = await _refusal(damaged_home)
    assert "damaged" in message or "incompatible" in message or "another PostgreSQL version" in message
    assert _contents(damaged_home) == before


async def test_a_lost_password_is_told(damaged_home: Path) -> None:
    (damaged_home / "engines" / "postgresql" / "password").unlink()
    assert "password" in await _refusal(damaged_home)


async def test_a_file_in_place_of_the_home_is_told(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("not a folder")
    assert "a file stands where a folder is needed" in await _refusal(home)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_a_home_without_permission_is_told(tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o500)
    assert "set CHIMERA_HOME to a folder of your own" in await _refusal(tmp_path / "home")


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB, too small for a database."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0 or not _mount("-t", "tmpfs", "-o", "size=16m", "tmpfs", str(place)):
        pytest.skip("needs the right to mount a small disk")
    yield place
    left_open = subprocess.run(["/bin/umount", str(place)], check=False).returncode
    if left_open:
        subprocess.run(["/bin/umount", "--lazy", str(place)], check=True)
    assert not left_open


async def test_a_full_disk_is_told_and_the_start_works_once_there_is_room(full_disk: Path) -> None:
    home = full_disk / "home"
    assert "the disk is full" in await _refusal(home)
    assert await asyncio.to_thread(_mount, "-o", "remount,size=200m", str(full_disk))
    async with open_engines(home, None, NO_REDIS) as urls:
        assert urls.database_url


async def test_a_disk_full_to_the_last_byte_is_told(full_disk: Path) -> None:
    filler = os.open(full_disk / "filler", os.O_WRONLY | os.O_CREAT)
    os.posix_fallocate(filler, 0, shutil.disk_usage(full_disk).free)
    os.close(filler)
    assert "the disk is full" in await _refusal(full_disk / "home")


def _mount(*arguments: str) -> bool:
    return subprocess.run(["/bin/mount", *arguments], check=False, capture_output=True).returncode == 0


def _data(home: Path) -> Path:
    return home / "engines" / "postgresql" / "data"


def _contents(home: Path) -> dict[str, int]:
    """Every file of the database and its size."""
    return {str(path): path.stat().st_size for path in _data(home).rglob("*") if path.is_file()}


async def _refusal(home: Path) -> str:
    with pytest.raises(EngineUnavailable) as refused:
        async with open_engines(home, None, NO_REDIS):
            pass
    return refused.value.message
