"""A piece's money from its request to its end: held, begun, settled once, and never left open behind a failure."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from uuid import UUID

import pytest

from chimera.contracts.escalation import Escalation
from chimera.contracts.order import ContentOrder, ContentOutcome
from chimera.contracts.review import ReviewOutcome
from chimera.core.clock import FixedClock
from chimera.core.errors import (
    ApprovalExpired,
    ApprovalRejected,
    BudgetExceeded,
    QualityFailed,
    SpendPaused,
    ToolFailed,
)
from chimera.core.vocabulary import Stage
from chimera.pipeline import one_piece
from chimera.pipeline.durable import Durable
from chimera.pipeline.hold import HOLD_FOR
from chimera.storage.database import Database
from factories_treasury import open_office
from factories_workshop import Workshop, open_pieces, open_workshop

SECONDS_MAX = 30
BROKEN = ToolFailed("the tool broke")


@pytest.fixture
async def shop(database: Database, clock: FixedClock) -> AsyncIterator[Workshop]:
    office = await open_office(database, clock)
    async with office.treasury(database) as treasury:
        yield await open_workshop(database, treasury, clock, office.spender)


Make = Callable[[ContentOrder], Awaitable[ContentOutcome]]


@pytest.fixture
async def make(shop: Workshop) -> AsyncIterator[Make]:
    """Make a piece to its end in a durable engine."""
    async with open_pieces(shop) as durable:

        async def to_its_end(order: ContentOrder) -> ContentOutcome:
            await durable.start(order.content_id, order.model_dump(mode="json"))
            async with asyncio.timeout(SECONDS_MAX):
                return ContentOutcome.model_validate(await durable.result(order.content_id))

        yield to_its_end


async def test_a_finished_production_is_settled_at_its_measured_cost(shop: Workshop, make: Make) -> None:
    order = shop.order()
    outcome = await make(order)
    assert outcome.stage is Stage.PUBLISHED
    assert (await shop.rows(order.content_id)) == [("decision", Decimal("0.50")), ("settle", Decimal("0.20"))]
    assert await shop.endings(order.content_id) == ["settled"]


async def test_a_dearer_production_is_settled_as_it_is_and_goes_on(shop: Workshop, make: Make) -> None:
    shop.artist.cost = Decimal("0.70")
    order = shop.order()
    assert (await make(order)).stage is Stage.PUBLISHED
    rows = [("decision", Decimal("0.50")), ("settle", Decimal("0.50")), ("overrun", Decimal("0.20"))]
    assert await shop.rows(order.content_id) == rows


async def test_what_fails_before_any_job_could_run_is_void(shop: Workshop, make: Make) -> None:
    shop.artist.no_room, shop.artist.used_usd = ToolFailed("the disk is nearly full"), None
    order = shop.order()
    with pytest.raises(ToolFailed):
        await make(order)
    assert (await shop.rows(order.content_id))[-1][0] == "void"
    assert await shop.held() == 0


@pytest.mark.parametrize(
    ("used_usd", "ending", "row"),
    [
        (Decimal(0), "voided", ("void", Decimal("0.50"))),
        (Decimal("0.03"), "settled", ("settle", Decimal("0.03"))),
        (None, "kept", ("decision", Decimal("0.50"))),
    ],
)
async def test_a_failed_production_is_closed_at_what_its_tools_used(
    shop: Workshop, make: Make, used_usd: Decimal | None, ending: str, row: tuple[str, Decimal]
) -> None:
    shop.artist.fails, shop.artist.used_usd = [BROKEN], used_usd
    order = shop.order()
    with pytest.raises(ToolFailed):
        await make(order)
    assert await shop.stage(order.content_id) is Stage.FAILED
    assert await shop.endings(order.content_id) == [ending]
    assert (await shop.rows(order.content_id))[-1] == row


async def test_a_failed_review_comes_after_the_settlement(shop: Workshop, make: Make) -> None:
    shop.judge.outcome = ReviewOutcome.FAILED
    order = shop.order()
    with pytest.raises(QualityFailed):
        await make(order)
    assert (await shop.rows(order.content_id))[-1] == ("settle", Decimal("0.20"))


async def test_an_approval_that_runs_out_is_closed_and_asked_for_anew(shop: Workshop, make: Make) -> None:
    shop.artist.fails, shop.artist.used_usd = [ApprovalExpired("too late")], Decimal("0.02")
    order = shop.order()
    assert (await make(order)).stage is Stage.PUBLISHED
    assert shop.artist.produced == [1, 2]
    assert (await shop.rows(order.content_id))[-1] == ("settle", Decimal("0.02"))
    assert (await shop.rows(order.content_id, attempt=2))[-1] == ("settle", Decimal("0.20"))
    assert await shop.endings(order.content_id) == ["settled", "settled"]


async def test_a_hold_that_ran_out_before_it_began_is_asked_for_anew(shop: Workshop, make: Make) -> None:
    shop.artist.late = 2 * HOLD_FOR
    order = shop.order()
    assert (await make(order)).stage is Stage.PUBLISHED
    assert [kind for kind, _ in await shop.rows(order.content_id)] == ["decision", "void"]
    assert shop.artist.produced == [2]
    assert await shop.held() == 0


async def test_a_hold_that_was_swept_before_it_began_is_asked_for_anew(shop: Workshop, make: Make) -> None:
    shop.artist.late, shop.artist.meanwhile = 2 * HOLD_FOR, shop.treasury.sweep
    order = shop.order()
    assert (await make(order)).stage is Stage.PUBLISHED
    assert [kind for kind, _ in await shop.rows(order.content_id)] == ["decision", "expire"]
    assert await shop.endings(order.content_id) == ["closed_before", "settled"]


async def test_approvals_that_keep_running_out_are_given_up(shop: Workshop, make: Make) -> None:
    shop.artist.fails, shop.artist.takes = [ApprovalExpired("too late")] * 9, HOLD_FOR
    order = shop.order()
    with pytest.raises(ApprovalExpired):
        await make(order)
    assert shop.artist.produced == [1, 2, 3]
    assert await shop.endings(order.content_id) == ["voided"] * 3


async def test_paused_spending_fails_the_piece_and_says_how_to_go_on(shop: Workshop, make: Make) -> None:
    await shop.treasury.pause(by="ada", reason="stop")
    order = shop.order()
    with pytest.raises(SpendPaused, match="chimera spend resume"):
        await make(order)
    assert await shop.stage(order.content_id) is Stage.FAILED
    assert await shop.endings(order.content_id) == ["not_approved"]


def silence(content_id: UUID, escalation: Escalation) -> None:
    del content_id, escalation


@asynccontextmanager
async def waiting(shop: Workshop, order: ContentOrder) -> AsyncIterator[tuple[Durable, Escalation]]:
    """A piece that waits for a person."""
    shop.director.cost, shop.director.roi = Decimal(600), Decimal(90)
    async with open_pieces(shop) as durable:
        await durable.start(order.content_id, order.model_dump(mode="json"))
        async with asyncio.timeout(SECONDS_MAX):
            found = await one_piece.outcome_of(shop.crew, durable, order.content_id, wait_seconds=0, waits=silence)
        assert isinstance(found, Escalation)
        yield durable, found


async def ended(shop: Workshop, durable: Durable, order: ContentOrder) -> ContentOutcome:
    async with asyncio.timeout(SECONDS_MAX):
        return ContentOutcome.model_validate(await durable.result(order.content_id))


async def test_what_a_person_approves_goes_on(shop: Workshop) -> None:
    order = shop.order()
    async with waiting(shop, order) as (durable, escalation):
        assert await shop.stage(order.content_id) is Stage.DRAFT
        assert not shop.artist.produced
        await shop.treasury.answer(escalation.tx_id, by="ada", approve=True, reason="fine")
        assert (await ended(shop, durable, order)).stage is Stage.PUBLISHED
    assert (await shop.rows(order.content_id))[-1] == ("settle", Decimal("0.20"))
    assert (await shop.piece(order.content_id)).metadata["waits_for"] is None


async def test_what_a_person_rejects_fails_with_the_reason(shop: Workshop) -> None:
    order = shop.order()
    async with waiting(shop, order) as (durable, escalation):
        await shop.treasury.answer(escalation.tx_id, by="ada", approve=False, reason="too dear")
        with pytest.raises(ApprovalRejected, match="too dear"):
            await ended(shop, durable, order)
    assert await shop.stage(order.content_id) is Stage.FAILED
    assert not shop.artist.produced


async def test_less_than_the_estimate_is_given_back(shop: Workshop) -> None:
    order = shop.order()
    async with waiting(shop, order) as (durable, escalation):
        await shop.treasury.answer(escalation.tx_id, by="ada", approve=True, reason="half", amount_usd=Decimal("0.25"))
        with pytest.raises(BudgetExceeded, match=r"\$0.25 .*\$600"):
            await ended(shop, durable, order)
    assert (await shop.rows(order.content_id))[-1][0] == "void"


async def test_a_piece_answered_while_nobody_ran_is_finished_by_the_next(shop: Workshop) -> None:
    order = shop.order()
    async with waiting(shop, order) as (_, escalation):
        pass
    await shop.treasury.answer(escalation.tx_id, by="ada", approve=True, reason="fine")
    async with open_pieces(shop) as durable:
        assert [content_id for content_id, _ in await durable.unfinished()] == [order.content_id]
        assert (await ended(shop, durable, order)).stage is Stage.PUBLISHED
    assert (await shop.rows(order.content_id))[-1] == ("settle", Decimal("0.20"))


async def test_an_unanswered_piece_is_said_to_wait_again(shop: Workshop) -> None:
    order = shop.order()
    async with waiting(shop, order):
        pass
    async with open_pieces(shop) as durable:
        async with asyncio.timeout(SECONDS_MAX):
            found = await one_piece.outcome_of(shop.crew, durable, order.content_id, wait_seconds=0, waits=silence)
    assert isinstance(found, Escalation)
