"""Pieces ordered, called off and tried again from a process without a durable engine, and what is told of them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from chimera.contracts.content import (
    ContentCancel,
    ContentDetails,
    ContentHistory,
    ContentOrdered,
    ContentPage,
)
from chimera.contracts.halt import HaltState
from chimera.contracts.publication_plan import PublicationPlan
from chimera.core.clock import FixedClock
from chimera.core.errors import Cancelled, Conflict, Forbidden, NotFound, StudioHalted, ToolFailed, ValidationFailed
from chimera.core.vocabulary import Stage
from chimera.pipeline.durable import Durable
from chimera.pipeline.durable.remote import open_remote_durable
from chimera.pipeline.telling import find_piece
from chimera.runtime.operations.desk import Desk
from chimera.storage.database import Database
from chimera.treasury.treasury import Treasury
from factories_operations import CREATOR, OPERATOR, VIEWER, ask, desk_on
from factories_treasury import Office
from factories_workshop import Workshop, open_pieces, open_workshop

pytestmark = pytest.mark.engines
SECONDS_MAX = 120


@pytest.fixture
async def shop(database: Database, clock: FixedClock, office: Office, treasury: Treasury) -> Workshop:
    return await open_workshop(database, treasury, clock, office.spender)


@pytest.fixture
async def durable(shop: Workshop) -> AsyncIterator[Durable]:
    """Another process's engine, as far as the operations can tell."""
    async with asyncio.timeout(SECONDS_MAX), open_pieces(shop) as opened:
        yield opened


@pytest.fixture
async def desk(database: Database, clock: FixedClock, treasury: Treasury) -> AsyncIterator[Desk]:
    async with open_remote_durable(database.url) as engine:
        yield desk_on(database, clock, treasury, engine=engine)


async def order(desk: Desk, shop: Workshop) -> UUID:
    ordered = await ask(desk, "content.order", CREATOR, ContentOrdered, trend_id=shop.trend_id)
    assert ordered.status_url == f"/v1/content/{ordered.content_id}/events"
    return ordered.content_id


async def events(desk: Desk, content_id: UUID) -> list[str]:
    history = await ask(desk, "content.events", VIEWER, ContentHistory, content_id=content_id)
    return [event.event for event in history.events]


async def test_an_ordered_piece_is_made_by_whoever_is_free_and_told_of(
    desk: Desk, shop: Workshop, durable: Durable
) -> None:
    content_id = await order(desk, shop)
    await durable.result(content_id)
    shown = await ask(desk, "content.show", VIEWER, ContentDetails, content_id=content_id)
    listed = await ask(desk, "content.list", VIEWER, ContentPage, stage="published", trend_id=shop.trend_id)
    assert listed.content == (shown.summary,) == ((await find_piece(desk.database, str(content_id))).summary,)
    told = await events(desk, content_id)
    assert (told.count("money"), told[-1] in {"published", "step"}, "drafted" in told) == (2, True, True)
    assert (await ask(desk, "content.list", VIEWER, ContentPage, stage="failed")).content == ()


async def test_a_failed_piece_is_tried_again_by_another_process(desk: Desk, shop: Workshop, durable: Durable) -> None:
    shop.artist.fails = [ToolFailed("a tool broke")]
    content_id = await order(desk, shop)
    with pytest.raises(ToolFailed):
        await durable.result(content_id)
    with pytest.raises(Conflict, match="earlier stage"):
        await ask(desk, "content.retry", OPERATOR, ContentOrdered, content_id=content_id, stage="review")
    await ask(desk, "content.retry", OPERATOR, ContentOrdered, content_id=content_id, stage="generating")
    await durable.result(content_id)
    assert (await shop.stage(content_id), shop.artist.produced) == (Stage.PUBLISHED, [1, 2])
    assert "retried" in await events(desk, content_id)


async def test_a_piece_called_off_from_elsewhere_stops_at_its_next_safe_point(
    desk: Desk, shop: Workshop, durable: Durable
) -> None:
    reached, opened = asyncio.Event(), asyncio.Event()

    async def at_work() -> None:
        reached.set()
        await opened.wait()

    shop.artist.at_work = at_work
    content_id = await order(desk, shop)
    await reached.wait()
    asked = await ask(desk, "content.cancel", CREATOR, ContentCancel, content_id=content_id)
    assert (asked.stopped, asked.stage) == (False, Stage.GENERATING)
    with pytest.raises(Cancelled):
        await durable.result(content_id)
    again = await ask(desk, "content.cancel", CREATOR, ContentCancel, content_id=content_id)
    assert (again.stopped, again.stage, await shop.held()) == (True, Stage.FAILED, 0)
    assert {"cancel_asked", "failed"} <= set(await events(desk, content_id))


@pytest.mark.usefixtures("durable")
async def test_what_can_not_be_ordered_is_refused(desk: Desk, shop: Workshop) -> None:
    wrongs: tuple[dict[str, Any], ...] = (
        {"persona": "../../secrets"},
        {"persona": "/etc/passwd"},
        {"words_min": 140, "words_max": 110},
    )
    for wrong in wrongs:
        with pytest.raises(ValidationFailed):
            await ask(desk, "content.order", CREATOR, ContentOrdered, trend_id=shop.trend_id, **wrong)
    with pytest.raises(NotFound):
        await ask(desk, "content.order", CREATOR, ContentOrdered, trend_id=UUID(int=7))
    with pytest.raises(Forbidden):
        await ask(desk, "content.order", VIEWER, ContentOrdered, trend_id=shop.trend_id)
    for name in ("content.show", "content.events", "content.cancel"):
        with pytest.raises(NotFound):
            await ask(desk, name, OPERATOR, ContentPage, content_id=UUID(int=7))
    await ask(desk, "studio.halt", OPERATOR, HaltState, reason="a fire")
    with pytest.raises(StudioHalted):
        await order(desk, shop)


async def test_when_a_piece_goes_out_is_planned_over_the_version_seen(
    desk: Desk, shop: Workshop, durable: Durable
) -> None:
    shop.artist.fails = [ToolFailed("a tool broke")]
    content_id = await order(desk, shop)
    with pytest.raises(ToolFailed):
        await durable.result(content_id)
    with pytest.raises(Conflict, match="failed"):
        await ask(desk, "content.publish_now", CREATOR, PublicationPlan, content_id=content_id)
