"""A post on the channel appears whole, once, under the same id, and can be looked up after a crash."""

from pathlib import Path

import pytest

from chimera.core.errors import Conflict, NotFound, ToolFailed
from chimera.platforms.local_channel.channel import LocalChannel
from factories_channel import make_media, make_post


@pytest.fixture
def channel(tmp_path: Path) -> LocalChannel:
    return LocalChannel(tmp_path / "channel")


def test_publishing_twice_is_one_post_as_first_published(channel: LocalChannel, tmp_path: Path) -> None:
    media = make_media(tmp_path / "media")
    first = channel.publish(make_post(1, media, title="first"), media)
    again = channel.publish(make_post(1, media, title="second"), media)
    assert again == first
    assert [post.title for post in channel.posts()] == ["first"]


def test_the_newest_post_comes_first(channel: LocalChannel, tmp_path: Path) -> None:
    media = make_media(tmp_path / "media")
    for number in (2, 3, 1):
        channel.publish(make_post(number, media), media)
    published = [post.published_at for post in channel.posts()]
    assert published == sorted(published, reverse=True)


def test_a_failed_copy_leaves_nothing_behind(channel: LocalChannel, tmp_path: Path) -> None:
    media = make_media(tmp_path / "media")
    post = make_post(1, media)
    media["video.mp4"].unlink()
    with pytest.raises(ToolFailed, match=r"video\.mp4"):
        channel.publish(post, media)
    assert channel.probe(post.post_id) is None
    assert list((tmp_path / "channel").iterdir()) == []


def test_what_a_killed_process_left_half_written_is_no_post(channel: LocalChannel, tmp_path: Path) -> None:
    media = make_media(tmp_path / "media")
    post = make_post(1, media)
    half = tmp_path / "channel" / f".incoming-{post.post_id}-1"
    half.mkdir(parents=True)
    (half / "post.json").write_text(post.model_dump_json())
    assert channel.posts() == ()
    assert channel.publish(post, media) == post


def test_another_piece_under_the_same_id_is_a_conflict(channel: LocalChannel, tmp_path: Path) -> None:
    media = make_media(tmp_path / "media")
    post = make_post(1, media)
    channel.publish(post, media)
    other = make_post(2, media).model_copy(update={"post_id": post.post_id})
    with pytest.raises(Conflict):
        channel.publish(other, media)


def test_a_deleted_post_is_gone_with_its_files(channel: LocalChannel, tmp_path: Path) -> None:
    media = make_media(tmp_path / "media")
    post = channel.publish(make_post(1, media), media)
    assert channel.delete(post.post_id)
    assert not channel.delete(post.post_id)
    with pytest.raises(NotFound):
        channel.media(post.post_id, "video.mp4")


def test_what_a_killed_process_left_is_swept_when_the_post_goes_out(channel: LocalChannel, tmp_path: Path) -> None:
    media = make_media(tmp_path / "made")
    post = make_post(1, media)
    left = tmp_path / "channel" / f".incoming-{post.post_id}-999999"
    left.mkdir(parents=True)
    (left / "video.mp4").write_bytes(b"half")
    channel.publish(post, media)
    assert [path.name for path in (tmp_path / "channel").iterdir()] == [post.post_id]


def test_a_link_to_another_file_is_not_served(channel: LocalChannel, tmp_path: Path) -> None:
    media = make_media(tmp_path / "made")
    post = channel.publish(make_post(1, media), media)
    secret = tmp_path / "secret"
    secret.write_text("a key")
    served = tmp_path / "channel" / post.post_id / "captions.srt"
    served.unlink()
    served.symlink_to(secret)
    with pytest.raises(NotFound):
        channel.media(post.post_id, "captions.srt")


@pytest.mark.parametrize("record", ["{}", "no document", "[" * 100_000])
def test_a_foreign_record_is_no_post(channel: LocalChannel, tmp_path: Path, record: str) -> None:
    folder = tmp_path / "channel" / "0123456789abcdef"
    folder.mkdir(parents=True)
    (folder / "post.json").write_text(record)
    assert channel.probe(folder.name) is None
    assert channel.posts() == ()


def test_a_record_under_another_name_is_no_post(channel: LocalChannel, tmp_path: Path) -> None:
    media = make_media(tmp_path / "made")
    post = channel.publish(make_post(1, media), media)
    (tmp_path / "channel" / post.post_id).rename(tmp_path / "channel" / "0123456789abcdef")
    assert channel.posts() == ()
