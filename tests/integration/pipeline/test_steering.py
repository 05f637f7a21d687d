"""A failed piece is tried again from a stage; a piece under way is called off; both leave the money closed."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from chimera.contracts.order import ContentOrder, ContentOutcome
from chimera.contracts.review import ReviewOutcome
from chimera.core.clock import FixedClock
from chimera.core.errors import Cancelled, Conflict, NotFound, QualityFailed, ToolFailed
from chimera.core.vocabulary import Role, Stage
from chimera.pipeline.durable import Durable
from chimera.pipeline.host import open_host
from chimera.pipeline.stages import RETRIES_MAX, retried
from chimera.pipeline.steering import Steering
from chimera.storage.database import Database
from chimera.storage.records import piece_fence
from factories_treasury import open_office
from factories_workshop import Workshop, open_pieces, open_workshop

SECONDS_MAX = 60
BROKEN = ToolFailed("a tool broke")


@pytest.fixture
async def shop(database: Database, clock: FixedClock) -> AsyncIterator[Workshop]:
    office = await open_office(database, clock)
    async with office.treasury(database) as treasury:
        yield await open_workshop(database, treasury, clock, office.spender)


@pytest.fixture
async def durable(shop: Workshop) -> AsyncIterator[Durable]:
    async with asyncio.timeout(SECONDS_MAX), open_pieces(shop) as opened:
        yield opened


async def start(shop: Workshop, durable: Durable) -> ContentOrder:
    order = shop.order()
    await durable.start(order.content_id, order.model_dump(mode="json"))
    return order


async def failed(shop: Workshop, durable: Durable, why: type[Exception]) -> UUID:
    order = await start(shop, durable)
    with pytest.raises(why):
        await durable.result(order.content_id)
    return order.content_id


async def outcome(durable: Durable, content_id: UUID) -> ContentOutcome:
    return ContentOutcome.model_validate(await durable.result(content_id))


async def error_of(shop: Workshop, content_id: UUID) -> str | None:
    error = (await shop.piece(content_id)).metadata.get("error")
    return error["code"] if error else None


@pytest.mark.parametrize("stage", [Stage.DRAFT, Stage.GENERATING])
async def test_a_failed_production_is_made_again_under_an_approval_of_its_own(
    shop: Workshop, durable: Durable, stage: Stage
) -> None:
    shop.artist.fails = [BROKEN]
    content_id = await failed(shop, durable, ToolFailed)
    await Steering(shop.crew, durable).retry(content_id, stage)
    assert (await outcome(durable, content_id)).stage is Stage.PUBLISHED
    assert shop.artist.produced == [1, 2]
    assert [kind for kind, _ in await shop.rows(content_id)] == ["decision", "void"]
    assert [kind for kind, _ in await shop.rows(content_id, attempt=2)] == ["decision", "settle"]
    assert await error_of(shop, content_id) is None
    assert (await shop.piece(content_id)).metadata["retries"][0]["error"]["code"] == "TOOL_FAILED"
    assert await shop.held() == 0


async def test_a_failed_review_is_repeated_without_another_production(shop: Workshop, durable: Durable) -> None:
    shop.judge.outcome = ReviewOutcome.FAILED
    content_id = await failed(shop, durable, QualityFailed)
    shop.judge.outcome = ReviewOutcome.PASSED
    await Steering(shop.crew, durable).retry(content_id, Stage.REVIEW)
    assert (await outcome(durable, content_id)).stage is Stage.PUBLISHED
    assert shop.artist.produced == [1]
    assert [kind for kind, _ in await shop.rows(content_id)] == ["decision", "settle"]


async def test_a_piece_that_never_came_so_far_is_not_retried_from_there(shop: Workshop, durable: Durable) -> None:
    shop.artist.fails = [BROKEN]
    content_id = await failed(shop, durable, ToolFailed)
    with pytest.raises(Conflict, match="earlier stage"):
        await Steering(shop.crew, durable).retry(content_id, Stage.REVIEW)
    assert await shop.stage(content_id) is Stage.FAILED


async def test_only_a_failed_piece_is_retried(shop: Workshop, durable: Durable) -> None:
    order = await start(shop, durable)
    await outcome(durable, order.content_id)
    for stage in (Stage.DRAFT, Stage.GENERATING, Stage.REVIEW):
        with pytest.raises(Conflict, match="published"):
            await Steering(shop.crew, durable).retry(order.content_id, stage)
    with pytest.raises(NotFound):
        await Steering(shop.crew, durable).retry(UUID(int=7), Stage.DRAFT)


def test_a_piece_that_was_retried_often_is_given_up(clock: FixedClock) -> None:
    metadata: dict[str, Any] = {"error": {"code": "TOOL_FAILED"}, "settlements": [{"attempt": 1}, {"attempt": 4}]}
    for _ in range(RETRIES_MAX):
        metadata |= retried(metadata, Stage.GENERATING, clock.now())
    assert (metadata["attempts_tried"], len(metadata["retries"])) == (4, RETRIES_MAX)
    with pytest.raises(Conflict, match="make a new one"):
        retried(metadata, Stage.GENERATING, clock.now())


class Gate:
    """Where a step waits until the test has seen it there."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()

    async def passed(self) -> None:
        self.reached.set()
        await self.opened.wait()


async def test_a_piece_called_off_while_its_tools_run_is_stopped_and_settled(shop: Workshop, durable: Durable) -> None:
    gate = Gate()
    shop.artist.at_work, shop.artist.used_usd = gate.passed, Decimal("0.03")
    order = await start(shop, durable)
    await gate.reached.wait()
    await Steering(shop.crew, durable).cancel(order.content_id, "ada")
    assert await error_of(shop, order.content_id) == "CANCELLED"
    assert (await shop.rows(order.content_id))[-1] == ("settle", Decimal("0.03"))
    assert await shop.held() == 0


async def test_a_piece_called_off_before_its_money_is_asked_for_costs_nothing(shop: Workshop, durable: Durable) -> None:
    gate = Gate()
    shop.director.at_work = gate.passed
    order = await start(shop, durable)
    await gate.reached.wait()
    async with shop.database.transaction() as connection:
        await piece_fence.ask_cancel(connection, order.content_id, "ada", shop.crew.clock.now())
    gate.opened.set()
    with pytest.raises(Cancelled, match="ada"):
        await durable.result(order.content_id)
    assert await error_of(shop, order.content_id) == "CANCELLED"
    assert await shop.rows(order.content_id) == []


async def test_a_piece_that_waits_for_a_person_is_called_off(shop: Workshop, durable: Durable) -> None:
    shop.director.cost, shop.director.roi = Decimal(600), Decimal(90)
    order = await start(shop, durable)
    while "waits_for" not in await metadata(shop, order.content_id):  # noqa: ASYNC110 - bounded by the fixture
        await asyncio.sleep(0.05)
    await Steering(shop.crew, durable).cancel(order.content_id, "ada")
    assert await error_of(shop, order.content_id) == "CANCELLED"
    assert not shop.artist.produced
    assert await shop.held() == 0


async def metadata(shop: Workshop, content_id: UUID) -> dict[str, object]:
    try:
        return {name: value for name, value in (await shop.piece(content_id)).metadata.items() if value}
    except AssertionError:
        return {}


async def test_a_piece_in_review_that_nobody_works_on_is_called_off(shop: Workshop, durable: Durable) -> None:
    shop.judge.outcome = ReviewOutcome.HUMAN
    order = await start(shop, durable)
    assert (await outcome(durable, order.content_id)).stage is Stage.REVIEW
    steering = Steering(shop.crew, durable)
    await steering.cancel(order.content_id, "ada")
    await steering.cancel(order.content_id, "ada")
    assert await error_of(shop, order.content_id) == "CANCELLED"


async def test_what_is_published_or_failed_is_not_called_off(shop: Workshop, durable: Durable) -> None:
    published = await start(shop, durable)
    await outcome(durable, published.content_id)
    shop.artist.fails = [BROKEN]
    broken = await failed(shop, durable, ToolFailed)
    for content_id, stage in ((published.content_id, "published"), (broken, "failed")):
        with pytest.raises(Conflict, match=stage):
            await Steering(shop.crew, durable).cancel(content_id, "ada")


async def test_a_piece_that_was_called_off_can_be_retried(shop: Workshop, durable: Durable) -> None:
    gate = Gate()
    shop.artist.at_work = gate.passed
    order = await start(shop, durable)
    await gate.reached.wait()
    steering = Steering(shop.crew, durable)
    await steering.cancel(order.content_id, "ada")
    gate.opened.set()
    await steering.retry(order.content_id, Stage.GENERATING)
    assert (await outcome(durable, order.content_id)).stage is Stage.PUBLISHED
    assert shop.artist.produced == [1, 2]


async def test_a_production_that_nobody_can_begin_is_called_off_in_its_queue(shop: Workshop) -> None:
    async with (
        asyncio.timeout(SECONDS_MAX),
        open_host(shop.database.url, shop.crew.clock, frozenset({Role.SCOUT})) as host,
        open_pieces(shop, host) as durable,
    ):
        order = await start(shop, durable)
        while not await shop.held_of(order.content_id):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        await Steering(shop.crew, durable).cancel(order.content_id, "ada")
        assert await error_of(shop, order.content_id) == "CANCELLED"
        assert not shop.artist.produced
        assert await shop.held() == 0


async def test_a_piece_is_made_by_the_agents_it_was_given_to(shop: Workshop, durable: Durable) -> None:
    order = await start(shop, durable)
    await outcome(durable, order.content_id)
    crew = (await shop.piece(order.content_id)).metadata["crew"]
    assert crew == {str(role): str(agent_id) for role, agent_id in shop.crew.agent_ids.items()}
