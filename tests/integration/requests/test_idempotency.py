"""Idempotency keys over a real socket: done once, answered alike, and never stuck."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from redis.asyncio import Redis

from chimera.api.app import Beside, create_app
from chimera.api.idempotency import KEPT_FOR, LEASE
from chimera.api.requests import Requests
from chimera.api.server import bind, serve
from chimera.contracts.contract import Contract
from chimera.core.clock import FixedClock
from chimera.core.errors import NotFound, ToolFailed
from chimera.platforms.local_channel.channel import LocalChannel
from chimera.runtime.operations.operation import AnyOperation, Call, Operation, Rate
from chimera.security.permissions import Permission
from chimera.storage.database import Database
from factories_front import KnownTokens, well
from factories_operations import CREATOR, OPERATOR, desk_on

pytestmark = pytest.mark.engines
KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
MANY = Rate(per_second=1_000, burst=1_000)


class ThingWanted(Contract):
    name: str


class Thing(Contract):
    thing_id: UUID
    name: str


class Maker:
    """Makes things; fails as the thing's name says, and waits where it is told to."""

    def __init__(self, clock: FixedClock) -> None:
        self.made: list[UUID] = []
        self.failing = False
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()
        self._clock = clock

    async def make(self, call: Call, asked: ThingWanted) -> Thing:
        if asked.name == "unknown":
            raise NotFound("there is none")
        if asked.name == "slow":
            self.begun.set()
            async with asyncio.timeout(20):
                await self.go_on.wait()
        self.made.append(call.id_to_create(self._clock))
        if self.failing:
            raise ToolFailed("after it was made")
        return Thing(thing_id=self.made[-1], name=asked.name)


@pytest.fixture
def maker(clock: FixedClock) -> Maker:
    return Maker(clock)


@pytest.fixture
async def address(database: Database, clock: FixedClock, maker: Maker, tmp_path: Path) -> AsyncIterator[str]:
    operations: tuple[AnyOperation, ...] = (
        Operation(
            name="things.make", summary="Make.", method="POST", path="/v1/things", asks=ThingWanted, answers=Thing,
            run=maker.make, right=Permission.WRITE_TASKS, failures=(NotFound,), status=201, rate=MANY, creates=True,
        ),
    )  # fmt: skip
    async with served(database, clock, operations, tmp_path) as opened:
        yield opened


@asynccontextmanager
async def served(
    database: Database, clock: FixedClock, operations: tuple[AnyOperation, ...], home: Path
) -> AsyncIterator[str]:
    desk = desk_on(database, clock)
    gate = KnownTokens({"creator": CREATOR, "operator": OPERATOR})
    hosts = frozenset({"127.0.0.1"})
    channel, requests = LocalChannel(home / "channel"), Requests.of(desk)
    app = create_app(channel, well, clock, hosts, operations=operations, gate=gate, beside=Beside(requests=requests))
    listener = bind("127.0.0.1", 0)
    serving = asyncio.create_task(serve(app, listener))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        redis: Redis = desk.redis
        await redis.aclose()


async def make(address: str, name: str, headers: dict[str, str], caller: str = "creator") -> httpx.Response:
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        return await client.post(
            "/v1/things", json={"name": name}, headers={"Authorization": f"Bearer {caller}", **headers}
        )


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


async def test_the_same_request_is_done_once_and_answered_alike(address: str, maker: Maker) -> None:
    first, again = await make(address, "a", KEY), await make(address, "a", KEY)
    assert (first.status_code, again.status_code, len(maker.made)) == (201, 201, 1)
    assert again.content == first.content
    assert ("idempotent-replayed" in first.headers, again.headers["idempotent-replayed"]) == (False, "true")


async def test_without_a_key_everything_is_done(address: str, maker: Maker) -> None:
    await make(address, "a", {})
    await make(address, "a", {})
    assert len(set(maker.made)) == 2


async def test_a_key_is_its_callers_own(address: str, maker: Maker) -> None:
    await make(address, "a", KEY)
    assert (await make(address, "b", KEY, caller="operator")).status_code == 201
    assert len(set(maker.made)) == 2


async def test_another_body_under_a_key_is_refused(address: str, maker: Maker) -> None:
    await make(address, "a", KEY)
    other = await make(address, "b", KEY)
    assert (other.status_code, code(other), len(maker.made)) == (422, "IDEMPOTENCY_KEY_REUSED", 1)


async def test_while_the_first_runs_another_is_told_so(address: str, maker: Maker) -> None:
    first = asyncio.create_task(make(address, "slow", KEY))
    await asyncio.wait_for(maker.begun.wait(), 20)
    second = await make(address, "slow", KEY)
    maker.go_on.set()
    assert (second.status_code, code(second)) == (409, "CONFLICT")
    assert ((await first).status_code, len(maker.made)) == (201, 1)


async def test_a_refusal_frees_the_key(address: str) -> None:
    assert (await make(address, "unknown", KEY)).status_code == 404
    assert (await make(address, "a", KEY)).status_code == 201


async def test_after_a_failure_the_same_request_makes_the_same_thing(address: str, maker: Maker) -> None:
    maker.failing = True
    assert (await make(address, "a", KEY)).status_code >= 500
    maker.failing = False
    assert code(await make(address, "b", KEY)) == "IDEMPOTENCY_KEY_REUSED"
    assert (await make(address, "a", KEY)).json()["thing_id"] == str(maker.made[0])
    assert maker.made[0] == maker.made[1]


async def test_a_key_left_behind_by_a_crash_is_taken_over_in_time(
    address: str, maker: Maker, clock: FixedClock, database: Database
) -> None:
    first = await make(address, "a", KEY)
    async with database.transaction() as connection:
        await connection.execute("UPDATE idempotency_key SET state = 'running', status = NULL, body = NULL")
    assert (await make(address, "a", KEY)).status_code == 409
    clock.advance(LEASE)
    assert (await make(address, "a", KEY)).json() == first.json()
    assert maker.made[0] == maker.made[1]


async def test_one_that_comes_back_late_does_not_overwrite_who_took_over(
    address: str, maker: Maker, clock: FixedClock
) -> None:
    late = asyncio.create_task(make(address, "slow", KEY))
    await asyncio.wait_for(maker.begun.wait(), 20)
    clock.advance(LEASE)
    taking_over = asyncio.create_task(make(address, "slow", KEY))
    maker.go_on.set()
    assert (await late).json() == (await taking_over).json()
    assert len(set(maker.made)) == 1


async def test_a_key_is_forgotten_after_a_day_and_swept(
    address: str, maker: Maker, clock: FixedClock, database: Database
) -> None:
    await make(address, "a", KEY)
    clock.advance(KEPT_FOR - timedelta(seconds=1))
    assert (await make(address, "a", KEY)).headers["idempotent-replayed"] == "true"
    clock.advance(timedelta(seconds=1))
    assert (await make(address, "b", {"Idempotency-Key": "other"})).status_code == 201
    async with database.transaction() as connection:
        rows = await (await connection.execute("SELECT key FROM idempotency_key")).fetchall()
    assert [row["key"] for row in rows] == ["other"]
    assert (await make(address, "c", KEY)).status_code == 201
    assert len(set(maker.made)) == 3


@pytest.mark.parametrize("key", ["", "two words", "é", "x" * 256, '""'])
async def test_a_key_that_is_none_is_refused(address: str, key: str, maker: Maker) -> None:
    headers = {b"Authorization": b"Bearer creator", b"Idempotency-Key": key.encode("latin-1")}
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        refused = await client.post("/v1/things", json={"name": "a"}, headers=headers)
    assert (refused.status_code, code(refused), maker.made) == (422, "VALIDATION_FAILED", [])


async def test_a_key_in_quotes_is_the_same_key(address: str, maker: Maker) -> None:
    await make(address, "a", {"Idempotency-Key": str(uuid4())})
    await make(address, "a", KEY)
    await make(address, "a", {"Idempotency-Key": f'"{KEY["Idempotency-Key"]}"'})
    assert len(maker.made) == 2


async def test_too_many_requests_without_a_token_are_refused_by_address(address: str) -> None:
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        statuses = [(await client.post("/v1/things", json={"name": "a"})).status_code for _ in range(51)]
        refused = await client.post("/v1/things", json={"name": "a"}, headers={"Authorization": "Bearer creator"})
    assert (set(statuses[:50]), statuses[50], refused.status_code) == ({401}, 429, 429)
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["ratelimit"] == '"caller";r=0;t=1'
