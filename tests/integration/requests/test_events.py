"""The event stream on a real socket: what it tells, from where it goes on, and when it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chimera.api.events import STREAMS_PER_CALLER_MAX
from chimera.core.vocabulary import PersonRole, Role
from factories_front import House, open_house

pytestmark = pytest.mark.engines


@pytest.fixture
async def house(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database_url, redis_url, tmp_path) as opened:
        yield opened


@asynccontextmanager
async def stream(
    house: House, role: Role | PersonRole = PersonRole.OPERATOR, last: str | None = None
) -> AsyncIterator[AsyncIterator[str]]:
    headers = {} if last is None else {"Last-Event-ID": last}
    async with house.client(role) as client, client.stream("GET", "/v1/events", headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield answer.aiter_lines()


async def until(lines: AsyncIterator[str], wanted: str) -> list[str]:
    """The lines up to the wanted one."""
    read = []
    async with asyncio.timeout(20):
        async for line in lines:
            read.append(line)
            if line == wanted:
                return read
    raise AssertionError(f"the stream ended before {wanted!r}: {read}")


async def halt(house: House) -> None:
    async with house.client(PersonRole.OPERATOR) as operator:
        answer = await operator.post("/v1/studio/halt", json={"reason": "a look at the lamps"})
        assert answer.status_code < 300, answer.text


async def test_a_change_is_told_to_whoever_listens(house: House) -> None:
    async with stream(house) as lines:
        await until(lines, "")
        await halt(house)
        told = await until(lines, 'data: {"topic": "halt"}')
    assert told[-2] == "event: changed"
    assert told[-3].startswith("id: ")


async def test_a_stream_goes_on_behind_the_last_event_that_was_read(house: House) -> None:
    async with stream(house) as lines:
        start = (await until(lines, ""))[1].removeprefix("id: ")
    await halt(house)
    async with stream(house, last=start) as lines:
        await until(lines, 'data: {"topic": "halt"}')


@pytest.mark.parametrize("last", ["none of ours", "99999999999999999", "9" * 500])
async def test_an_id_that_is_none_of_ours_tells_every_topic_that_ever_changed(house: House, last: str) -> None:
    async with stream(house) as lines:
        await until(lines, "")
        await halt(house)
        await until(lines, 'data: {"topic": "halt"}')
    async with stream(house, last=last) as lines:
        await until(lines, 'data: {"topic": "halt"}')


async def test_a_stream_ends_when_its_token_does_not_count_any_more(house: House) -> None:
    async with stream(house, PersonRole.VIEWER) as lines:
        await until(lines, "")
        del house.gate.callers[PersonRole.VIEWER.value]
        await halt(house)
        async with asyncio.timeout(20):
            assert 'data: {"topic": "halt"}' not in [line async for line in lines]


async def test_a_caller_has_so_many_streams_and_gets_their_places_back(house: House) -> None:
    async with house.client(PersonRole.OPERATOR) as client:
        for _ in range(2):
            opened = [client.stream("GET", "/v1/events") for _ in range(STREAMS_PER_CALLER_MAX)]
            for one in opened:
                assert (await one.__aenter__()).status_code == 200
            refused = await client.get("/v1/events")
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "15")
            for one in opened:
                await one.__aexit__(None, None, None)
            async with asyncio.timeout(20):
                while True:
                    async with client.stream("GET", "/v1/events") as again:
                        if again.status_code == 200:
                            break


async def test_without_a_token_there_is_no_stream(house: House) -> None:
    async with house.client(None) as client:
        assert (await client.get("/v1/events")).status_code == 401
