"""`chimera run --publish-at`: a piece whose time stands before its first step, in the same row as a person's change."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from chimera.cli.run import LOCAL_TOOLS, run
from chimera.contracts.order import ContentOutcome
from chimera.core.clock import FixedClock
from chimera.core.errors import ValidationFailed
from chimera.core.vocabulary import Aspect, QualityPreset
from chimera.pipeline import one_piece
from chimera.storage.database import Database
from chimera.storage.records import publication_plan
from factories_treasury import open_office
from factories_workshop import PROFILE, Workshop, open_pieces, open_workshop

WISH = one_piece.PieceWish(PROFILE, 110, 140, Aspect.SQUARE, QualityPreset.DRAFT, LOCAL_TOOLS)


@pytest.fixture
async def shop(database: Database, clock: FixedClock) -> AsyncIterator[Workshop]:
    office = await open_office(database, clock)
    async with office.treasury(database) as treasury:
        yield await open_workshop(database, treasury, clock, office.spender)


@pytest.mark.timeout(120)
async def test_a_piece_is_begun_with_its_time_and_without_one_where_none_was_given(
    shop: Workshop, database: Database, clock: FixedClock
) -> None:
    at = clock.now() + timedelta(hours=6)
    async with open_pieces(shop) as durable:
        wish = replace(WISH, publish_at=at, planned_by="ana")
        planned = await one_piece.begin(shop.crew, durable, shop.trend_id, wish)
        unplanned = await one_piece.begin(shop.crew, durable, shop.trend_id, WISH)
        for content_id in (planned, unplanned):
            ContentOutcome.model_validate(await durable.result(content_id))
    async with database.transaction() as connection:
        (found,) = (await publication_plan.get_many(connection, [planned, unplanned])).values()
    assert (found.content_id, found.publish_at, found.state) == (planned, at, "planned")
    assert (found.version, found.set_by) == (1, "ana")


@pytest.mark.parametrize(("text", "problem"), [("2001-01-01T00:00:00Z", "is past"), ("noon", "is no time")])
async def test_a_time_that_can_t_be_is_refused_before_anything_starts(text: str, problem: str) -> None:
    with pytest.raises(ValidationFailed, match=problem):
        await run(publish_at=text)
