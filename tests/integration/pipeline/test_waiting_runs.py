"""What a run says and does of pieces that wait for a person's approval, its own and those that others left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, redirect_stderr
from decimal import Decimal
from io import StringIO

import psycopg
import pytest

from chimera.cli.waiting import finish_what_was_left, outcome_or_refusal
from chimera.contracts.order import ContentOrder
from chimera.core.clock import FixedClock
from chimera.core.errors import ApprovalRejected, WaitsForHuman
from chimera.core.vocabulary import Stage
from chimera.pipeline.answers import Answers
from chimera.pipeline.durable import Durable
from chimera.storage.database import Database
from factories_treasury import open_office
from factories_workshop import Workshop, open_pieces, open_workshop

SECONDS_MAX = 30
NEVER_SECONDS = 3600.0


@pytest.fixture
async def shop(database: Database, clock: FixedClock) -> AsyncIterator[Workshop]:
    office = await open_office(database, clock)
    async with office.treasury(database) as treasury:
        yield await open_workshop(database, treasury, clock, office.spender)


@asynccontextmanager
async def run(shop: Workshop) -> AsyncIterator[Durable]:
    """What one `chimera run` has open, for half a minute at most."""
    async with asyncio.timeout(SECONDS_MAX), open_pieces(shop) as durable:
        yield durable


async def begin(shop: Workshop, durable: Durable, *, risky: bool) -> ContentOrder:
    shop.director.cost, shop.director.roi = (Decimal(600), Decimal(90)) if risky else (Decimal("0.50"), Decimal("2.5"))
    order = shop.order()
    await durable.start(order.content_id, order.model_dump(mode="json"))
    return order


async def left_waiting(shop: Workshop) -> tuple[ContentOrder, str]:
    """A piece that an ended run left waiting, and the command that answers it."""
    async with run(shop) as durable:
        order = await begin(shop, durable, risky=True)
        with redirect_stderr(StringIO()) as said, pytest.raises(WaitsForHuman) as waits:
            await outcome_or_refusal(shop.crew, durable, order.content_id, 0)
    command = f"chimera approvals approve {waits.value.details['tx_id']}"
    assert command in said.getvalue()
    return order, command


async def test_a_waiting_piece_names_the_command_that_answers_and_holds_nothing(shop: Workshop) -> None:
    order, _ = await left_waiting(shop)
    assert await shop.held() == 0
    assert await shop.stage(order.content_id) is Stage.DRAFT


async def test_the_next_run_says_again_what_waits_and_is_free_for_a_new_piece(shop: Workshop) -> None:
    _, command = await left_waiting(shop)
    async with run(shop) as durable:
        with redirect_stderr(StringIO()) as said:
            assert await finish_what_was_left(shop.crew, durable, 0) is None
        assert command in said.getvalue()
        order = await begin(shop, durable, risky=False)
        assert (await outcome_or_refusal(shop.crew, durable, order.content_id, 0)).stage is Stage.PUBLISHED


async def test_the_next_run_finishes_what_was_answered_meanwhile(shop: Workshop) -> None:
    order, _ = await left_waiting(shop)
    (escalation,) = await shop.treasury.escalations(10)
    await shop.treasury.answer(escalation.tx_id, by="ada", approve=True, reason="go on")
    async with run(shop) as durable:
        outcome = await finish_what_was_left(shop.crew, durable, 0)
    assert outcome is not None
    assert (outcome.content_id, outcome.stage) == (order.content_id, Stage.PUBLISHED)


async def test_the_next_run_tells_why_what_was_left_was_refused(shop: Workshop) -> None:
    await left_waiting(shop)
    (escalation,) = await shop.treasury.escalations(10)
    await shop.treasury.answer(escalation.tx_id, by="ada", approve=False, reason="too dear")
    async with run(shop) as durable:
        with pytest.raises(ApprovalRejected, match="too dear"):
            await finish_what_was_left(shop.crew, durable, 0)


async def test_an_answer_wakes_a_waiting_piece_without_a_look(shop: Workshop, owner_url: str) -> None:
    await left_waiting(shop)
    (escalation,) = await shop.treasury.escalations(10)
    answers = Answers(shop.treasury, shop.treasury.sweep, shop.crew.clock, NEVER_SECONDS)
    listener = asyncio.create_task(answers.listen(shop.database.url))
    waiting = asyncio.create_task(answers.answered(escalation.tx_id))
    await _heard(owner_url)
    await shop.treasury.answer(escalation.tx_id, by="ada", approve=True, reason="go on")
    async with asyncio.timeout(SECONDS_MAX):
        assert (await waiting).state == "approved"
    listener.cancel()
    await asyncio.gather(listener, return_exceptions=True)


async def _heard(owner_url: str) -> None:
    """Until the server knows our listener; its owner may see what other sessions do."""
    async with (
        asyncio.timeout(SECONDS_MAX),
        await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as connection,
    ):
        while True:
            cursor = await connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
            row = await cursor.fetchone()
            if row and row[0]:
                return
            await asyncio.sleep(0.05)
