"""`/v1/media`: ranges and conditions over sealed media, for those who may see them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from chimera.api import errors
from chimera.api.sealed_media import sealed_media_routes
from chimera.core.clock import FixedClock
from chimera.core.errors import Unauthenticated
from chimera.core.vocabulary import PersonRole, Role
from chimera.security.permissions import Caller
from chimera.storage.blobs import READ_BYTES
from chimera.storage.database import Database
from chimera.storage.records import agents, content_pipeline, trends, video_metadata
from chimera.storage.shelves.folder import FolderShelf
from chimera.storage.shelves.s3 import S3Shelf
from factories_production import AS_OF, make_evidence, make_storyboard
from factories_s3 import bucket
from factories_sealing import Store, store_on

VIDEO = bytes(number % 249 for number in range(2 * READ_BYTES + 12_345))


@dataclass
class Tokens:
    """A gate whose tokens are the roles' names."""

    shown: list[str] = field(default_factory=list)

    async def caller(self, token: str) -> Caller:
        self.shown.append(token)
        roles: dict[str, Role | PersonRole] = {str(role): role for role in (*Role, *PersonRole)}
        if token not in roles:
            raise Unauthenticated("no token of ours")
        return Caller(UUID(int=1), roles[token])


@dataclass
class Front:
    client: httpx.AsyncClient
    address: str
    store: Store

    async def get(self, name: str = "video.mp4", **headers: str) -> httpx.Response:
        shown = {"Authorization": "Bearer viewer"} | {key.replace("_", "-"): value for key, value in headers.items()}
        return await self.client.get(f"{self.address}/{name}", headers=shown)


async def put_piece(database: Database, asset_id: UUID, video_url: str, now: datetime) -> None:
    trend_id, content_id, board = uuid4(), uuid4(), make_storyboard()
    async with database.transaction() as connection:
        director_id = await agents.ensure(connection, Role.DIRECTOR, [], uuid4())
        evidence = {"evidence": make_evidence().model_dump(mode="json")}
        row = trends.TrendRecord(trend_id, "bitcoin", 40, Decimal(0), Decimal(2), [], evidence, None, AS_OF)
        await trends.insert(connection, row)
        await content_pipeline.insert_draft(
            connection, content_id, trend_id=trend_id, script=board.script, visual_prompts=[], metadata={},
            director_agent_id=director_id,
        )  # fmt: skip
        video = video_metadata.VideoRecord(
            asset_id, content_id, "t", None, 30, None, 30, "h264", len(VIDEO), None, video_url, {}, {}, now, now
        )
        await video_metadata.put(connection, video)


@pytest.fixture(params=["folder", "s3"])
async def front(
    request: pytest.FixtureRequest, database: Database, clock: FixedClock, tmp_path: Path
) -> AsyncIterator[Front]:
    local = request.param == "folder"
    shelf = FolderShelf(tmp_path / "media") if local else S3Shelf(bucket(request.getfixturevalue("s3").url))
    store, asset_id = store_on(shelf, tmp_path), uuid4()
    url = store.blobs.put(f"assets/{asset_id}/video.mp4", store.source(VIDEO))
    store.blobs.put(f"assets/{asset_id}/captions.srt", store.source(b"what is said"))
    await put_piece(database, asset_id, url, clock.now())
    app = FastAPI()
    errors.install(app, clock)
    app.include_router(sealed_media_routes(Tokens(), database, store.blobs))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://studio") as client:
        yield Front(client, f"/v1/media/{asset_id}", store)


async def test_the_whole_video_is_plain_to_who_may_see_it(front: Front) -> None:
    answer = await front.get()

    assert (answer.status_code, answer.content) == (200, VIDEO)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=65535-65536", 65535, 65537),
        ("bytes=-7", len(VIDEO) - 7, len(VIDEO)),
        ("bytes=-999999999", 0, len(VIDEO)),
        (f"bytes={READ_BYTES - 5}-", READ_BYTES - 5, len(VIDEO)),
        ("bytes=5-999999999", 5, len(VIDEO)),
    ],
)
async def test_a_range_is_answered_alone(front: Front, asked: str, start: int, stop: int) -> None:
    answer = await front.get(Range=asked)

    assert (answer.status_code, answer.content) == (206, VIDEO[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(VIDEO)}"


async def test_a_range_outside_is_refused_and_a_strange_one_ignored(front: Front) -> None:
    outside = await front.get(Range=f"bytes={len(VIDEO)}-")
    strange = await front.get(Range="bytes=0-1,5-6")

    assert (outside.status_code, outside.headers["content-range"]) == (416, f"bytes */{len(VIDEO)}")
    assert (strange.status_code, strange.content) == (200, VIDEO)


async def test_conditions_are_met(front: Front) -> None:
    etag = (await front.get()).headers["etag"]

    unchanged = await front.get(If_None_Match=f'"other", W/{etag}')
    resumed = await front.get(Range="bytes=3-5", If_Range=etag)
    begun_anew = await front.get(Range="bytes=3-5", If_Range='"other"')

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (resumed.status_code, resumed.content) == (206, VIDEO[3:6])
    assert (begun_anew.status_code, begun_anew.content) == (200, VIDEO)


async def test_head_answers_the_size_alone(front: Front) -> None:
    answer = await front.client.head(f"{front.address}/video.mp4", headers={"Authorization": "Bearer viewer"})

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(VIDEO))


@pytest.mark.parametrize(
    ("role", "name", "status"),
    [
        ("viewer", "captions.srt", 200), ("judge", "video.mp4", 200), ("worker", "video.mp4", 200),
        ("artist", "captions.srt", 200), ("artist", "video.mp4", 403), ("scout", "video.mp4", 403),
        ("director", "captions.srt", 403), ("cfo", "video.mp4", 403), ("stranger", "video.mp4", 401),
        ("", "video.mp4", 401),
    ],
)  # fmt: skip
async def test_only_who_has_the_right_sees_it(front: Front, role: str, name: str, status: int) -> None:
    answer = await front.get(name, Authorization=f"Bearer {role}")

    assert answer.status_code == status
    assert status == 200 or VIDEO[:50] not in answer.content


async def test_without_a_token_nothing_is_told_of_what_there_is(front: Front) -> None:
    for address in (front.address, f"/v1/media/{uuid4()}"):
        answer = await front.client.get(f"{address}/video.mp4")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/media/../../keys/data.key", "/v1/media/%2e%2e/%2e%2e/keys/data.key", "/v1/media/..%2f..%2fkeys/data.key",
        "{at}/..%2fvideo.mp4", "{at}/.video.mp4.x", "{at}/video.mp4%00", "{at}/", "{at}/video.mp4/x",
    ],
)  # fmt: skip
async def test_no_path_leads_elsewhere(front: Front, path: str) -> None:
    answer = await front.client.get(path.format(at=front.address), headers={"Authorization": "Bearer admin"})

    assert answer.status_code in {404, 422}
    assert answer.json()["error"]["code"] in {"NOT_FOUND", "VALIDATION_FAILED"}


async def test_a_changed_file_is_an_error_and_gives_nothing_out(front: Front) -> None:
    key = f"{front.address.removeprefix('/v1/media/')}/video.mp4"
    raw = bytearray(front.store.raw(f"assets/{key}"))
    raw[500] ^= 1
    front.store.shelf.write(f"assets/{key}", [bytes(raw)])

    damaged, untouched = await front.get(), await front.get(Range="bytes=-7")

    assert (damaged.status_code, damaged.json()["error"]["code"]) == (500, "SEAL_BROKEN")
    assert (untouched.status_code, untouched.content) == (206, VIDEO[-7:])
    assert (await front.get("thumbnail.jpg")).status_code == 404
