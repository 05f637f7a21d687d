"""The channel over a real socket: pages, ranges, errors, headers."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from chimera.api.app import create_app
from chimera.api.server import bind, loopback_only, serve
from chimera.contracts.channel_post import ChannelPost
from chimera.contracts.error import ErrorEnvelope
from chimera.contracts.health import Health, HealthComponents
from chimera.core.clock import FixedClock
from chimera.core.errors import EngineUnavailable, ValidationFailed
from chimera.core.vocabulary import ComponentHealth, Role
from chimera.platforms.local_channel.channel import LocalChannel
from factories_channel import make_media, make_post

BYTES = bytes(range(256)) * 8


@pytest.fixture
def channel(tmp_path: Path) -> LocalChannel:
    return LocalChannel(tmp_path / "channel")


@pytest.fixture
def post(channel: LocalChannel, tmp_path: Path) -> ChannelPost:
    media = make_media(tmp_path / "media", BYTES)
    return channel.publish(make_post(1, media), media)


@pytest.fixture
async def client(channel: LocalChannel, clock: FixedClock) -> AsyncIterator[httpx.AsyncClient]:
    async def health() -> Health:
        well = ComponentHealth.HEALTHY
        components = HealthComponents(database=well, redis=well, mcp_layer=well, agents={Role.SCOUT: 1})
        return Health(status=well, components=components, timestamp=clock.now())

    listener = bind("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    serving = asyncio.create_task(serve(create_app(channel, health, clock, frozenset({"127.0.0.1"})), listener))
    async with httpx.AsyncClient(base_url=address, timeout=5) as opened:
        yield opened
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_the_gallery_shows_the_post_with_its_title_escaped(client: httpx.AsyncClient, post: ChannelPost) -> None:
    page = await client.get("/")
    assert page.status_code == 200
    assert "Ninety posts about &lt;one&gt; thing" in page.text
    assert f"/watch/{post.post_id}" in page.text


async def test_the_watch_page_names_source_disclosure_and_ledger_entry(
    client: httpx.AsyncClient, post: ChannelPost
) -> None:
    page = (await client.get(f"/watch/{post.post_id}")).text
    assert post.source_label in page
    assert post.disclosure in page
    assert str(post.approvals[0]) in page
    assert 'kind="captions"' in page


@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        (None, 200, BYTES),
        ("bytes=0-0", 206, BYTES[:1]),
        ("bytes=100-199", 206, BYTES[100:200]),
        ("bytes=2000-", 206, BYTES[2000:]),
        ("bytes=-48", 206, BYTES[-48:]),
        ("bytes=0-999999", 206, BYTES),
    ],
)
async def test_a_range_gives_just_those_bytes(
    client: httpx.AsyncClient, post: ChannelPost, asked: str | None, status: int, expected: bytes
) -> None:
    answer = await client.get(f"/media/{post.post_id}/video.mp4", headers={"Range": asked} if asked else {})
    assert (answer.status_code, answer.content) == (status, expected)
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-type"] == "video/mp4"


@pytest.mark.parametrize("asked", ["bytes=2048-", "bytes=9999-10000", "bytes=-0"])
async def test_a_range_beyond_the_end_is_416_and_tells_the_size(
    client: httpx.AsyncClient, post: ChannelPost, asked: str
) -> None:
    answer = await client.get(f"/media/{post.post_id}/video.mp4", headers={"Range": asked, "Accept": "text/html"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == "bytes */2048"
    assert ErrorEnvelope.model_validate_json(answer.content).error.details == {"size_bytes": 2048}


@pytest.mark.parametrize("asked", ["bytes=", "bytes=-", "bytes=x-y", "bytes=9-3", "chunks=0-9", "bytes=0-1,4-5", "9-"])
async def test_a_range_header_that_cannot_be_read_is_ignored(
    client: httpx.AsyncClient, post: ChannelPost, asked: str
) -> None:
    answer = await client.get(f"/media/{post.post_id}/video.mp4", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, BYTES)


async def test_the_same_file_is_not_sent_again(client: httpx.AsyncClient, post: ChannelPost) -> None:
    path = f"/media/{post.post_id}/video.mp4"
    etag = (await client.head(path)).headers["etag"]
    kept = await client.get(path, headers={"If-None-Match": f'"other", {etag}'})
    assert (kept.status_code, kept.content, kept.headers["etag"]) == (304, b"", etag)
    part = await client.get(path, headers={"Range": "bytes=0-9", "If-Range": etag})
    assert (part.status_code, part.headers["content-range"]) == (206, "bytes 0-9/2048")


async def test_head_of_a_range_tells_the_part_without_its_bytes(client: httpx.AsyncClient, post: ChannelPost) -> None:
    answer = await client.head(f"/media/{post.post_id}/video.mp4", headers={"Range": "bytes=-8"})
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (206, "8", b"")


async def test_a_range_of_a_changed_file_gives_the_whole_file(client: httpx.AsyncClient, post: ChannelPost) -> None:
    headers = {"Range": "bytes=0-9", "If-Range": '"another"'}
    answer = await client.get(f"/media/{post.post_id}/video.mp4", headers=headers)
    assert (answer.status_code, answer.content) == (200, BYTES)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("thumbnail.jpg", "image/jpeg"),
        ("captions.vtt", "text/vtt; charset=utf-8"),
        ("captions.srt", "application/x-subrip; charset=utf-8"),
    ],
)
async def test_every_file_has_its_type(
    client: httpx.AsyncClient, post: ChannelPost, name: str, media_type: str
) -> None:
    answer = await client.get(f"/media/{post.post_id}/{name}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)


async def test_head_tells_the_size_without_the_bytes(client: httpx.AsyncClient, post: ChannelPost) -> None:
    answer = await client.head(f"/media/{post.post_id}/video.mp4")
    assert (answer.headers["content-length"], answer.content) == ("2048", b"")


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/watch/0123456789abcdef",
        "/watch/..%2f..%2fetc%2fpasswd",
        "/media/0123456789abcdef/video.mp4",
        "/media/0123456789abcdef/post.json",
        "/static/../app.py",
        "/?page=0",
    ],
)
async def test_what_is_not_there_is_one_clear_envelope(client: httpx.AsyncClient, post: ChannelPost, path: str) -> None:
    answer = await client.get(path)
    envelope = ErrorEnvelope.model_validate_json(answer.content)
    assert answer.status_code in {404, 422}
    assert envelope.error.code in {"NOT_FOUND", "VALIDATION_FAILED"}


async def test_a_browser_gets_a_failure_as_a_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nothing", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "there is nothing at /nothing" in answer.text


async def test_another_host_name_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "FORBIDDEN"


async def test_no_page_may_run_foreign_scripts(client: httpx.AsyncClient, post: ChannelPost) -> None:
    policy = (await client.get(f"/watch/{post.post_id}")).headers["content-security-policy"]
    assert "script-src 'self'; style-src 'self'" in policy


async def test_health_is_section_9s_document(client: httpx.AsyncClient) -> None:
    document = (await client.get("/health")).json()
    assert document["components"]["agents"] == {"scout": 1}
    assert set(document) == {"status", "components", "timestamp"}


def test_a_taken_port_says_which_and_what_to_do() -> None:
    with bind("127.0.0.1", 0) as first, pytest.raises(EngineUnavailable, match="--port"):
        bind("127.0.0.1", first.getsockname()[1])


def test_a_small_answer_does_not_wait_for_the_other_side() -> None:
    """asyncio sets TCP_NODELAY only on sockets that say they are TCP."""
    with bind("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org", "::"])
def test_plain_http_is_refused_on_any_address_but_loopback(host: str) -> None:
    with pytest.raises(ValidationFailed, match="loopback"):
        loopback_only(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_loopback_is_served(host: str) -> None:
    loopback_only(host)
