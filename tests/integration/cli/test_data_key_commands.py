"""`chimera keys rotate-data|seal-media` on a studio with media from before there were keys."""

import json
from pathlib import Path
from uuid import UUID

import pytest

from chimera.cli import data_keys
from chimera.cli.studio import studio_of_environment
from chimera.core.errors import EngineUnavailable
from chimera.security.sealing import Header

pytestmark = pytest.mark.usefixtures("studio_environment")
Captured = pytest.CaptureFixture[str]
KEY = "assets/0b9e/video.mp4"


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """A plain file that an earlier version has stored."""
    path = tmp_path / "home" / "media" / KEY
    path.parent.mkdir(parents=True)
    path.write_bytes(b"plain" * 1000)
    return path


def key_id(path: Path) -> UUID:
    return Header.parse(path.read_bytes()).key_id


def forget_previous_master(media: Path) -> None:
    (media.parents[3] / "keys" / "previous.data.key").unlink()


async def told(capsys: Captured, **options: bool) -> dict[str, int]:
    await data_keys.rotate_data(json=True, **options)
    document: dict[str, int] = json.loads(capsys.readouterr().out)
    return document


async def content() -> bytes:
    async with studio_of_environment() as studio:
        return b"".join(studio.blobs.open(f"local://{KEY}").parts())


async def test_plain_media_are_read_until_they_are_sealed_and_once_is_enough(capsys: Captured, media: Path) -> None:
    assert await content() == b"plain" * 1000

    for sealed in (1, 0):
        await data_keys.seal_media(json=True)
        assert json.loads(capsys.readouterr().out) == {"sealed": sealed, "media": 1}

    assert key_id(media).version == 7
    assert await content() == b"plain" * 1000


async def test_a_new_key_seals_older_media_when_it_is_told_to(capsys: Captured, media: Path) -> None:
    await data_keys.seal_media(json=True)
    before = key_id(media)
    capsys.readouterr()

    assert await told(capsys) == {"data_key": 2}
    assert await content() == b"plain" * 1000
    await data_keys.seal_media()

    assert "1 of 1 media were sealed" in capsys.readouterr().out
    assert key_id(media) != before
    assert await content() == b"plain" * 1000


async def test_a_new_master_key_takes_over_and_nothing_is_lost(capsys: Captured, media: Path) -> None:
    await data_keys.seal_media(json=True)
    capsys.readouterr()

    assert await told(capsys, rewrap=True) == {"rewrapped": 1}

    forget_previous_master(media)
    assert await content() == b"plain" * 1000


async def test_a_studio_with_another_master_key_does_not_start(monkeypatch: pytest.MonkeyPatch, media: Path) -> None:
    await content()
    monkeypatch.setenv("CHIMERA_DATA_KEY", "A" * 43 + "=")

    with pytest.raises(EngineUnavailable, match="set CHIMERA_DATA_KEY to the one it was made with"):
        await content()

    monkeypatch.delenv("CHIMERA_DATA_KEY")
    assert await content() == b"plain" * 1000
