"""A thousand clients that say half a sentence: others are answered meanwhile, and nothing is left of them."""

import asyncio
import os
import resource

import httpx
import pytest

from factories_attack import Served

pytestmark = pytest.mark.engines
CONNECTIONS = 1_000
FILES_NEEDED = 2 * CONNECTIONS + 256
SECONDS_MAX = 60


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.fixture(autouse=True)
def _enough_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < FILES_NEEDED <= hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES_NEEDED, hard))


async def test_a_thousand_that_never_finish_are_closed_and_hold_nobody_up(served: Served) -> None:
    async with served.client(None) as client:
        await client.get("/livez")
        before = open_files()
        clients = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(CONNECTIONS)]
        for number, (_, writer) in enumerate(clients):
            writer.write(b"GET /health HTTP/1.1\r\n" if number % 2 else b"")
        answers: list[httpx.Response] = [await client.get("/livez") for _ in range(20)]
        async with asyncio.timeout(SECONDS_MAX):
            ended = await asyncio.gather(*(reader.read() for reader, _ in clients), return_exceptions=True)
        for _, writer in clients:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in clients), return_exceptions=True)
        assert (await client.get("/livez")).status_code == 200
    assert [answer.status_code for answer in answers] == [200] * 20
    assert all(end == b"" or isinstance(end, ConnectionError) for end in ended)
    assert open_files() <= before + 16


async def test_a_body_that_drips_is_given_up(served: Served) -> None:
    head = b"POST /v1/tokens HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 99\r\n\r\n{"
    answer = await served.raw(head)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"VALIDATION_FAILED" in answer
