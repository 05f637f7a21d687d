"""The reads and people's orders over HTTP: their JSON, their pages, their tags, and who is refused."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from chimera.contracts.approval import ApprovalRequest
from chimera.contracts.exact_json import write_json
from chimera.core.vocabulary import PersonRole, Role
from factories_front import House, open_house

pytestmark = pytest.mark.engines
APPROVE = "/v1/internal.agent.cfo.approve"
LIMIT = "/v1/budgets/daily/compute"


@pytest.fixture
async def house(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database_url, redis_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def admin(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client(PersonRole.ADMIN) as client:
        yield client


async def spend(house: House, times: int) -> None:
    async with house.client(Role.ARTIST) as artist:
        for number in range(times):
            request = ApprovalRequest.model_validate(
                {
                    "request_id": uuid4(),
                    "agent_id": house.id_of(Role.ARTIST),
                    "request_type": "api_call",
                    "request_cost": "1.00",
                    "projected_roi": "2.5",
                    "justification": f"Thumbnail {number}",
                }
            )
            assert (await artist.post(APPROVE, content=write_json(request))).status_code == 200


async def test_the_ledger_is_paged_filtered_explained_and_verified(house: House, admin: httpx.AsyncClient) -> None:
    await spend(house, 3)
    seen, cursor = [], None
    for _ in range(2):
        page = (await admin.get("/v1/ledger", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [entry["seq"] for entry in page["entries"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == ([3, 2, 1], None)
    assert (await admin.get("/v1/ledger", params={"approved": "false"})).json()["entries"] == []
    tx_id = page["entries"][0]["tx_id"]
    assert (await admin.get(f"/v1/ledger/{tx_id}/explanation")).json()["tx_id"] == tx_id
    checked = (await admin.get("/v1/ledger/verify")).json()
    assert (checked["ok"], checked["complete"], checked["rows"], checked["problems"]) == (True, True, 3, [])
    async with house.client(Role.ARTIST) as artist:
        assert (await artist.get(f"/v1/ledger/{tx_id}")).json()["tx_id"] == tx_id
        assert (await artist.get("/v1/ledger")).status_code == 403
    async with house.client(Role.JUDGE) as judge:
        assert (await judge.get(f"/v1/ledger/{tx_id}")).status_code == 403


async def test_a_limit_is_changed_over_the_tag_that_was_shown(admin: httpx.AsyncClient) -> None:
    shown = await admin.get(LIMIT)
    wanted = {"limit": 40.25, "reason": "a quiet week"}
    without = await admin.put(LIMIT, json=wanted)
    first = await admin.put(LIMIT, json=wanted, headers={"If-Match": shown.headers["etag"]})
    late = await admin.put(LIMIT, json=wanted, headers={"If-Match": shown.headers["etag"]})
    assert [answer.status_code for answer in (without, first, late)] == [422, 200, 412]
    assert late.json()["error"]["code"] == "PRECONDITION_FAILED"
    assert (await admin.get(LIMIT)).json()["limit"] == 40.25
    assert (
        await admin.get(LIMIT, headers={"If-None-Match": (await admin.get(LIMIT)).headers["etag"]})
    ).status_code == 304
    history = (await admin.get("/v1/budgets/history")).json()
    assert [(change["changed_by"], change["version"]) for change in history["changes"]] == [("admin", 1)]


@pytest.mark.parametrize(
    ("path", "noun"),
    [
        ("trends", "trends"), ("content", "content"), ("videos", "videos"), ("agents", "agents"),
        ("reviews", "reviews"),
        ("approvals", "approvals"), ("ledger", "entries"), ("budgets/history", "changes"), ("budgets/alerts", "alerts"),
        ("spend/holds", "holds"),
    ],
)  # fmt: skip
async def test_every_list_is_a_page_and_refuses_what_is_none(admin: httpx.AsyncClient, path: str, noun: str) -> None:
    page = await admin.get(f"/v1/{path}", params={"limit": 1})
    assert page.status_code == 200
    assert set(page.json()) == {noun, "next_cursor"}
    for wrong in ({"limit": "201"}, {"limit": "0"}, {"limit": "x"}, {"cursor": "x"}, {"offset": "1"}):
        answer = await admin.get(f"/v1/{path}", params=wrong)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "VALIDATION_FAILED")


async def test_people_steer_under_their_own_names(admin: httpx.AsyncClient) -> None:
    halted = await admin.post("/v1/studio/halt", json={"reason": "a fire"})
    assert (halted.json()["halted"], halted.json()["by"]) == (True, "admin")
    ordered = await admin.post("/v1/content", json={"trend_id": str(uuid4())})
    assert (ordered.status_code, ordered.json()["error"]["code"]) == (423, "STUDIO_HALTED")
    await admin.post("/v1/studio/unhalt", json={"reason": "out"})
    assert (await admin.post("/v1/content", json={"trend_id": str(uuid4())})).status_code == 404
    made = await admin.post("/v1/agents", json={"role": "judge", "count": 2})
    assert (made.status_code, len(made.json()["agent_ids"])) == (201, 2)
    paused = await admin.post("/v1/spend/pause", json={"reason": "a leak"})
    assert (paused.json()["paused"], paused.json()["paused_by"]) == (True, "admin")
    assert (await admin.get("/v1/policies")).json()["policies"][0]["name"] == "safety"
    async with httpx.AsyncClient(base_url=admin.base_url) as nobody:
        assert (await nobody.get("/v1/trends")).status_code == 401
