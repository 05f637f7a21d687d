"""Every setting of an agent has its effect, and a crew speaks as the agents it is given."""

from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from chimera.agents.artist.agent import Artist
from chimera.agents.artist.production import production_request_id
from chimera.agents.director.agent import Director
from chimera.agents.director.persona import load_persona
from chimera.agents.director.price_book import shipped_price_book
from chimera.contracts.asset import ProductionRequest, ToolChoice
from chimera.contracts.brief import BriefRequest
from chimera.core.clock import FixedClock
from chimera.core.errors import BudgetExceeded, Forbidden, NotFound
from chimera.core.vocabulary import QualityPreset, Role
from chimera.pipeline.hold import ProductionHold
from chimera.storage.database import Database
from chimera.storage.records import content_pipeline, crew_member, ledger
from factories_treasury import open_office
from factories_trend_rows import insert_trend
from factories_workshop import Workshop, open_workshop


async def agent(database: Database, clock: FixedClock, role: Role, **config: object) -> UUID:
    agent_id = uuid4()
    async with database.transaction() as connection:
        await crew_member.make(
            connection, role, [agent_id], capabilities=(), config=config, host_id=None, now=clock.now()
        )
    return agent_id


async def test_a_director_writes_in_the_tone_set_for_it(database: Database, clock: FixedClock) -> None:
    trend_id = (await insert_trend(database, clock, 1)).trend_id
    director_id = await agent(database, clock, Role.DIRECTOR, tone="warm")
    plain = Director(uuid4(), database, clock, shipped_price_book())
    content_id = uuid4()
    request = BriefRequest(trend_id=trend_id, personality_profile=load_persona("dry_wit"))
    brief = await plain.speaking_as(director_id).create_brief(request, content_id=content_id)
    assert brief.tone_guidelines.startswith("Warm, ")
    async with database.transaction() as connection:
        row = await content_pipeline.get(connection, content_id)
    assert row is not None
    assert (row.director_agent_id, row.metadata["persona"]["tone"]) == (director_id, "warm")


async def test_an_artist_works_only_with_the_tools_left_to_it(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    artist_id = await agent(database, clock, Role.ARTIST, tools=["local"])
    unused = cast("Any", None)
    artist = Artist(
        artist_id, database, unused, unused, clock=clock, work_folder=tmp_path, usd_per_cpu_second=Decimal(1)
    )
    local = ToolChoice(image="local", video="local", audio="local")
    asked = ProductionRequest(brief_id=uuid4(), tools=local, quality_preset=QualityPreset.DRAFT)
    with pytest.raises(NotFound):
        await artist.produce(asked, approval=unused)
    other = asked.model_copy(update={"tools": local.model_copy(update={"image": "dall-e-3"})})
    with pytest.raises(Forbidden, match="dall-e-3"):
        await artist.produce(other, approval=unused)


async def draft(shop: Workshop) -> UUID:
    order = shop.order()
    request = BriefRequest(trend_id=order.trend_id, personality_profile=order.personality_profile)
    await shop.director.create_brief(request, content_id=order.content_id, options=None)
    return order.content_id


async def test_an_artist_asks_for_no_more_than_it_may(database: Database, clock: FixedClock) -> None:
    office = await open_office(database, clock)
    limited = await agent(database, clock, Role.ARTIST, request_usd_max=0.49)
    free = await agent(database, clock, Role.ARTIST, request_usd_max=0.5)
    async with office.treasury(database) as treasury:
        shop = await open_workshop(database, treasury, clock, limited)
        content_id = await draft(shop)
        with pytest.raises(BudgetExceeded) as refused:
            await ProductionHold(shop.crew, content_id, 1).ask()
        assert (refused.value.details["requested"], refused.value.details["remaining"]) == (0.5, 0.49)
        assert await shop.rows(content_id) == []
        acting = shop.crew.acting({Role.ARTIST: free})
        assert (await ProductionHold(acting, content_id, 1).ask()).approved
        async with database.transaction() as connection:
            (row,) = await ledger.of_requests(connection, [production_request_id(content_id, 1)])
        assert row.agent_id == free
