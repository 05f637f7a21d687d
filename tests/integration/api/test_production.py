"""`internal.agent.artist.produce` over HTTP: a task at once, its asset when it is there, and no cent unasked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chimera.agents.director.agent import Director
from chimera.agents.director.persona import load_persona
from chimera.agents.director.price_book import shipped_price_book
from chimera.bootstrap.roster import open_roster
from chimera.contracts.asset import Asset
from chimera.contracts.brief import BriefRequest
from chimera.core.clock import FixedClock, SystemClock
from chimera.core.vocabulary import PersonRole, Role, Stage, TaskKind
from chimera.pipeline.content import ContentWorkflow
from chimera.pipeline.durable import open_durable
from chimera.pipeline.host import open_host
from chimera.runtime.coordination.producing import Producing
from chimera.runtime.dispatch.dispatcher import Dispatcher
from chimera.runtime.dispatch.running import Handler
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.storage.records import content_pipeline, review_item
from factories_front import House, open_house
from factories_trend_rows import insert_trend
from factories_workshop import Workshop, open_workshop

pytestmark = pytest.mark.engines
PRODUCE = "/v1/internal.agent.artist.produce"
TOOLS = {"image": "dall-e-3", "video": "runway-gen2", "audio": "elevenlabs"}


@pytest.fixture
async def house(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database_url, redis_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def brief_id(house: House) -> UUID:
    """A draft's id, as create_brief makes it."""
    studio, content_id = house.studio, uuid4()
    trend = await insert_trend(studio.database, FixedClock(studio.clock.now()), 1)
    director = Director(house.id_of(Role.DIRECTOR), studio.database, studio.clock, shipped_price_book())
    asked = BriefRequest(trend_id=trend.trend_id, personality_profile=load_persona("dry_wit"))
    await director.create_brief(asked, content_id=content_id)
    return content_id


@asynccontextmanager
async def a_worker(house: House) -> AsyncIterator[Workshop]:
    """A process that hosts artists, whose tools are stand-ins."""
    studio = house.studio
    clock = FixedClock(studio.clock.now())
    shop = await open_workshop(studio.database, studio.treasury, clock, house.id_of(Role.ARTIST))
    director = Director(house.id_of(Role.DIRECTOR), studio.database, clock, shipped_price_book())
    shop = replace(shop, crew=replace(shop.crew, director=director))
    workflow = ContentWorkflow(shop.crew)
    async with (
        open_host(studio.database.url, SystemClock(), frozenset(Role)) as host,
        open_roster(studio, host.id, {Role.ARTIST: 1}) as roster,
        open_durable(studio.database, workflow, workflow.queued, host=host) as durable,
    ):
        queue = TaskQueue(studio.database, studio.redis, studio.clock)
        handlers: dict[str, Handler] = {TaskKind.PRODUCE: Producing(studio.database, durable).produce}
        dispatcher = Dispatcher(host.id, roster, queue, handlers, host.roles, may_begin=lambda: True)
        working = asyncio.create_task(dispatcher.run())
        try:
            yield shop
        finally:
            await dispatcher.drain(5.0)
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


def asked_for(brief_id: UUID, **changes: object) -> dict[str, Any]:
    return {"brief_id": str(brief_id), "tools": TOOLS, "quality_preset": "high"} | changes


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_a_production_is_one_task_however_often_it_is_asked_for(house: House, brief_id: UUID) -> None:
    async with house.client(Role.WORKER) as worker, house.client(Role.PLANNER) as planner:
        first = await worker.post(PRODUCE, json=asked_for(brief_id))
        again = await worker.post(PRODUCE, json=asked_for(brief_id), headers={"Prefer": "wait=1"})
        other = await worker.post(PRODUCE, json=asked_for(brief_id, quality_preset="draft"))
        task = (await worker.get(first.json()["status_url"])).json()
        listed = (await worker.get("/v1/tasks", params={"kind": "produce", "limit": 1})).json()
        paid = await planner.post(PRODUCE, json=asked_for(brief_id))
        paid_task = await planner.post("/v1/tasks", json={"kind": "produce", "payload": asked_for(brief_id)})
    assert (first.status_code, again.status_code) == (202, 202)
    assert list(first.json()) == ["task_id", "status_url"]
    assert first.json() == again.json()
    assert again.headers["preference-applied"] == "wait=1"
    assert code_of(other) == (409, "CONFLICT")
    assert (task["state"], task["content_id"], task["output"]) == ("queued", str(brief_id), None)
    assert [entry["task_id"] for entry in listed["tasks"]] == [first.json()["task_id"]]
    assert code_of(paid) == code_of(paid_task) == (403, "FORBIDDEN")


async def test_the_asset_is_section_3s_and_the_piece_waits_to_be_let_out(house: House, brief_id: UUID) -> None:
    async with a_worker(house), house.client(Role.WORKER) as worker:
        answer = await worker.post(PRODUCE, json=asked_for(brief_id), headers={"Prefer": "wait=60"})
        again = await worker.post(PRODUCE, json=asked_for(brief_id))
        listed = (await worker.get("/v1/tasks", params={"state": "done"})).json()["tasks"]
    assert answer.status_code == 200, answer.text
    asset = answer.json()
    assert set(asset) == set(Asset.model_fields)
    assert (asset["brief_id"], asset["production_cost"], asset["quality_score"]) == (str(brief_id), 0.2, 0.9)
    assert again.status_code == 200
    assert again.json() == asset
    assert listed[0]["output"] == asset
    async with house.studio.database.transaction() as connection:
        piece = await content_pipeline.get(connection, brief_id)
        item = await review_item.of_content(connection, brief_id)
    assert piece is not None
    assert piece.stage is Stage.REVIEW
    assert piece.metadata["quality_preset"] == "high"
    assert [ending["ending"] for ending in piece.metadata["settlements"]] == ["settled"]
    assert item is not None
    assert item.state == "waiting"


async def test_money_that_is_refused_is_the_answer(house: House, brief_id: UUID) -> None:
    await house.studio.treasury.pause(by="an operator", reason="for the test")
    async with a_worker(house), house.client(Role.WORKER) as worker:
        answer = await worker.post(PRODUCE, json=asked_for(brief_id), headers={"Prefer": "wait=60"})
    assert code_of(answer) == (423, "SPEND_PAUSED")


async def test_a_queued_task_is_called_off_by_those_who_may(house: House, brief_id: UUID) -> None:
    async with house.client(Role.WORKER) as worker, house.client(PersonRole.CREATOR) as creator:
        made = (await worker.post(PRODUCE, json=asked_for(brief_id))).json()
        refused = await worker.delete(made["status_url"])
        ended = await creator.delete(made["status_url"])
        again = await creator.delete(made["status_url"])
        unknown = await creator.delete(f"/v1/tasks/{uuid4()}")
        asked = await worker.post(PRODUCE, json=asked_for(brief_id))
    assert code_of(refused) == (403, "FORBIDDEN")
    assert (ended.status_code, ended.json()["state"], again.json()["state"]) == (200, "cancelled", "cancelled")
    assert code_of(unknown) == (404, "NOT_FOUND")
    assert code_of(asked) == (409, "CANCELLED")


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"kind": "scan"}, 422),
        ({"kind": "noop", "payload": {"surprise": 1}}, 422),
        ({"kind": "plan", "payload": {}}, 422),
        ({"kind": "plan", "payload": {"objective_id": str(uuid4())}}, 422),
        ({"kind": "produce", "payload": asked_for(uuid4())}, 404),
        ({"kind": "produce", "payload": asked_for(uuid4(), tools=TOOLS | {"image": "paintbox"})}, 422),
        ({"kind": "noop"}, 201),
    ],
)
async def test_a_task_is_made_of_what_its_kind_asks_for(house: House, order: dict[str, Any], code: int) -> None:
    async with house.client(PersonRole.CREATOR) as creator:
        assert (await creator.post("/v1/tasks", json=order)).status_code == code
