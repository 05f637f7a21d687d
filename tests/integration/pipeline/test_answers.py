"""Who waits for a person's answer is woken by a notice, and finds the answer without one too."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from chimera.contracts.escalation import Escalation
from chimera.core.clock import FixedClock
from chimera.core.errors import EngineUnavailable
from chimera.pipeline.answers import Answers
from chimera.storage.notices import ESCALATION_ANSWERED
from factories_escalation import ASKED_AT, TX, State, make_escalation

SECONDS_MAX = 10
NEVER_SECONDS = 3600.0
LISTENING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"


class Desk:
    """A ledger of one escalation; tells when it was looked at."""

    def __init__(self) -> None:
        self.state: State = "waiting"
        self.reachable = True
        self.looks = asyncio.Semaphore(0)

    async def escalation(self, tx_id: UUID) -> Escalation:
        self.looks.release()
        if not self.reachable:
            raise EngineUnavailable("not now")
        return make_escalation(self.state).model_copy(update={"tx_id": tx_id})

    async def sweep(self) -> int:
        self.state = "expired"
        return 1

    async def looked_at(self, times: int) -> None:
        async with asyncio.timeout(SECONDS_MAX):
            for _ in range(times):
                await self.looks.acquire()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def answers(desk: Desk, empty_database_url: str) -> AsyncIterator[Answers]:
    """Waiters that only a notice wakes."""
    opened = Answers(desk, desk.sweep, FixedClock(ASKED_AT), look_every_seconds=NEVER_SECONDS)
    listener = asyncio.create_task(opened.listen(empty_database_url))
    yield opened
    listener.cancel()
    await asyncio.gather(listener, return_exceptions=True)


async def notify(database_url: str, payload: str) -> None:
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("SELECT pg_notify(%s, %s)", (ESCALATION_ANSWERED, payload))


async def listeners(database_url: str) -> int:
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        found = await (await connection.execute(LISTENING)).fetchone()
    return int(found[0]) if found else 0


async def test_a_notice_wakes_every_waiter_over_one_connection(
    desk: Desk, answers: Answers, empty_database_url: str
) -> None:
    waiting = [asyncio.create_task(answers.answered(TX)) for _ in range(50)]
    await desk.looked_at(100)  # once at first, once more when the listener had connected
    assert await listeners(empty_database_url) == 1
    desk.state = "approved"
    await notify(empty_database_url, str(TX))
    async with asyncio.timeout(SECONDS_MAX):
        found = await asyncio.gather(*waiting)
    assert {escalation.state for escalation in found} == {"approved"}


async def test_another_requests_answer_wakes_nobody(desk: Desk, answers: Answers, empty_database_url: str) -> None:
    waiting = asyncio.create_task(answers.answered(TX))
    await desk.looked_at(2)
    await notify(empty_database_url, str(UUID(int=99)))
    desk.state = "rejected"
    await notify(empty_database_url, str(TX))
    async with asyncio.timeout(SECONDS_MAX):
        assert (await waiting).state == "rejected"
    await desk.looked_at(1)
    assert desk.looks.locked()


async def test_nobody_listens_while_nobody_waits(desk: Desk, answers: Answers, empty_database_url: str) -> None:
    desk.state = "approved"
    assert (await answers.answered(TX)).state == "approved"
    async with asyncio.timeout(SECONDS_MAX):
        while await listeners(empty_database_url):  # noqa: ASYNC110 - the server's own list is looked at
            await asyncio.sleep(0.1)


async def test_an_answer_without_its_notice_is_found_by_looking(desk: Desk) -> None:
    waiting = asyncio.create_task(Answers(desk, desk.sweep, FixedClock(ASKED_AT), look_every_seconds=0.01).answered(TX))
    await desk.looked_at(3)
    desk.reachable = False
    await desk.looked_at(3)
    desk.reachable, desk.state = True, "approved"
    async with asyncio.timeout(SECONDS_MAX):
        assert (await waiting).state == "approved"


async def test_when_its_time_is_over_the_ledger_is_swept(desk: Desk) -> None:
    clock = FixedClock(ASKED_AT + timedelta(days=1))
    async with asyncio.timeout(SECONDS_MAX):
        assert (await Answers(desk, desk.sweep, clock).answered(TX)).state == "expired"
