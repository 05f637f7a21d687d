"""Section 3's subjects over HTTP: bodies and answers as the specification prints them."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chimera.contracts.approval import Approval
from chimera.contracts.brief import Brief
from chimera.contracts.trend import Trend, TrendAnalysis
from chimera.core.vocabulary import Role, Stage
from chimera.storage.records import content_pipeline, trends
from factories_front import House, open_house

pytestmark = pytest.mark.engines
EXAMPLES = Path(__file__).parents[2] / "spec" / "examples"
ANALYZE = "/v1/internal.agent.scout.analyze"
CREATE_BRIEF = "/v1/internal.agent.director.create_brief"
APPROVE = "/v1/internal.agent.cfo.approve"


@pytest.fixture
async def house(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database_url, redis_url, tmp_path) as opened:
        yield opened


def example(name: str, **changes: object) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text())
    return document | changes


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_analyze_answers_section_3s_trends_and_keeps_them(house: House) -> None:
    asked = example("trend_analysis_request", keywords=[], platforms=["twitter", "reddit"])
    async with house.client(Role.PLANNER) as planner:
        answer = await planner.post(ANALYZE, json=asked)
        again = await planner.post(ANALYZE, json=asked)
    assert answer.status_code == 200
    found = answer.json()
    assert list(found) == list(TrendAnalysis.model_fields)
    assert 1 <= len(found["trends"]) <= 20
    assert list(found["trends"][0]) == list(Trend.model_fields)
    assert found["trends"][0]["metadata"]["unavailable"] == ["twitter"]
    async with house.studio.database.transaction() as connection:
        kept = await trends.get(connection, UUID(found["trends"][0]["trend_id"]))
    assert kept is not None
    assert kept.topic == found["trends"][0]["topic"]
    assert [trend["topic"] for trend in again.json()["trends"]] == [trend["topic"] for trend in found["trends"]]
    assert again.json()["execution_time_ms"] < found["execution_time_ms"]


async def test_nothing_that_rises_and_nothing_to_read_have_codes_of_their_own(house: House) -> None:
    async with house.client(Role.PLANNER) as planner:
        none = await planner.post(ANALYZE, json=example("trend_analysis_request", platforms=[], min_velocity=10))
        unread = await planner.post(ANALYZE, json=example("trend_analysis_request"))
    assert code_of(none) == (404, "NO_TRENDS")
    assert "strongest" in none.json()["error"]["details"]
    assert code_of(unread) == (503, "SOURCE_UNAVAILABLE")
    assert unread.json()["error"]["details"]["unavailable"] == ["twitter", "tiktok", "google_trends"]


async def test_create_brief_makes_the_pieces_draft(house: House) -> None:
    async with house.client(Role.PLANNER) as planner:
        found = (await planner.post(ANALYZE, json={"timeframe": "24h", "min_velocity": 0.5})).json()
        trend_id = found["trends"][0]["trend_id"]
        answer = await planner.post(CREATE_BRIEF, json=example("brief_request", trend_id=trend_id))
        unknown = await planner.post(CREATE_BRIEF, json=example("brief_request", trend_id=str(uuid4())))
    assert answer.status_code == 200
    brief = answer.json()
    assert list(brief) == list(Brief.model_fields)
    assert brief["trend_id"] == trend_id
    async with house.studio.database.transaction() as connection:
        piece = await content_pipeline.get(connection, UUID(brief["brief_id"]))
    assert piece is not None
    assert (piece.stage, piece.script) == (Stage.DRAFT, brief["script"])
    assert code_of(unknown) == (404, "NOT_FOUND")


async def test_approve_answers_section_3s_decision_to_who_asks_in_its_own_name(house: House) -> None:
    own = example("approval_request", request_id=str(uuid4()), agent_id=str(house.id_of(Role.WORKER)))
    async with house.client(Role.WORKER) as worker, house.client(Role.ARTIST) as artist:
        answer = await worker.post(APPROVE, json=own)
        again = await worker.post(APPROVE, json=own)
        anothers = await artist.post(APPROVE, json=own | {"request_id": str(uuid4())})
        held = await worker.post(APPROVE, json=own | {"request_id": str(uuid4())}, params={"hold_seconds": 60})
        wrong = await worker.post(APPROVE, json=own, params={"hold_for": 60})
        reused = await worker.post(APPROVE, json=own | {"request_cost": 16.0})
    assert answer.status_code == 200
    assert list(answer.json()) == list(Approval.model_fields)
    assert answer.json()["approved"] is True
    assert answer.json()["budget_remaining"] == {"daily": 985.0, "weekly": 4985.0, "monthly": 19985.0}
    assert again.json()["approval_signature"] == answer.json()["approval_signature"]
    assert code_of(anothers) == (403, "FORBIDDEN")
    assert held.status_code == 200
    assert code_of(wrong) == (422, "VALIDATION_FAILED")
    assert code_of(reused) == (409, "CONFLICT")


async def test_the_cfo_never_asks_itself_and_the_planner_never_spends(house: House) -> None:
    async with house.client(Role.CFO) as cfo:
        own = example("approval_request", request_id=str(uuid4()), agent_id=str(house.id_of(Role.CFO)))
        assert code_of(await cfo.post(APPROVE, json=own)) == (403, "FORBIDDEN")
