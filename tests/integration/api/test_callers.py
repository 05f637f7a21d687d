"""Nobody without a token gets anywhere under /v1, and each token opens only its own doors."""

from uuid import uuid4

import httpx
import pytest
from fastapi.routing import APIRoute

from chimera.api.approvals import approval_routes
from chimera.api.books import book_routes
from chimera.api.spending import spending_routes
from chimera.api.treasury_door import TreasuryDoor
from chimera.contracts.error import ErrorEnvelope
from chimera.contracts.exact_json import write_json
from chimera.treasury.treasury import Treasury
from factories_identity import KnownCallers
from factories_treasury import Office

pytestmark = pytest.mark.engines

ID = "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000"


def every_route(treasury: Treasury) -> list[tuple[str, str]]:
    door = TreasuryDoor(treasury, KnownCallers({}))
    return [
        (method, route.path.format(request_id=ID, tx_id=ID))
        for routes in (spending_routes, book_routes, approval_routes)
        for route in routes(door).routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods or ())
    ]


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer " + "x" * 43, "Basic {token}", "{token}", "Bearer {token}x"],
)
async def test_every_route_is_denied_without_a_right_token(
    address: str, treasury: Treasury, spender_token: str, authorization: str | None
) -> None:
    headers = {}
    if authorization is not None:
        headers["Authorization"] = authorization.format(token=spender_token)
    routes = every_route(treasury)
    assert len(routes) == 11
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=20) as client:
        for method, path in routes:
            answer = await client.request(method, path, content=b"x" * 100_000 if method == "POST" else None)
            assert (method, path, answer.status_code) == (method, path, 401)
            assert ErrorEnvelope.model_validate_json(answer.content).error.code == "UNAUTHENTICATED"
            assert answer.headers["www-authenticate"] == "Bearer"


async def test_who_asks_can_not_answer_and_who_answers_can_not_ask(
    spender: httpx.AsyncClient, finance: httpx.AsyncClient, office: Office
) -> None:
    answer = {"approve": True, "reason": "it is mine"}
    refused = [
        await spender.post(f"/v1/approvals/{ID}/decision", json=answer),
        await finance.post("/v1/internal.agent.cfo.approve", content=write_json(office.request())),
        await spender.get("/v1/ledger"),
        await spender.get("/v1/budgets"),
        await spender.get("/v1/approvals"),
    ]
    assert [(reply.status_code, reply.json()["error"]["code"]) for reply in refused] == [(403, "FORBIDDEN")] * 5


async def test_the_channel_stays_open_to_everybody(address: str) -> None:
    async with httpx.AsyncClient(base_url=address, timeout=20) as client:
        for path in ("/", "/feed.json", "/feed.xml", "/health"):
            assert (await client.get(path)).status_code == 200


async def test_the_books_are_read_page_by_page(
    spender: httpx.AsyncClient, finance: httpx.AsyncClient, office: Office
) -> None:
    for _ in range(5):
        await spender.post("/v1/internal.agent.cfo.approve", content=write_json(office.request("1.00")))
    seen, cursor = [], None
    for _ in range(3):
        asked = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await finance.get("/v1/ledger", params=asked)).json()
        seen += [entry["seq"] for entry in page["entries"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == ([5, 4, 3, 2, 1], None)
    for wrong in ({"limit": "201"}, {"limit": "0"}, {"cursor": "-1"}, {"cursor": "x"}):
        assert (await finance.get("/v1/ledger", params=wrong)).status_code == 422
    assert (await finance.get(f"/v1/ledger/{uuid4()}")).status_code == 404


async def test_budgets_are_sent_again_only_when_they_changed(
    spender: httpx.AsyncClient, finance: httpx.AsyncClient, office: Office
) -> None:
    await spender.post("/v1/internal.agent.cfo.approve", content=write_json(office.request("1.00")))
    first = await finance.get("/v1/budgets")
    same = await finance.get("/v1/budgets", headers={"If-None-Match": first.headers["etag"]})
    await spender.post("/v1/internal.agent.cfo.approve", content=write_json(office.request("2.00")))
    changed = await finance.get("/v1/budgets", headers={"If-None-Match": first.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert changed.status_code == 200
    total = next(line for line in changed.json()["budgets"] if (line["period"], line["category"]) == ("daily", "total"))
    assert total["spent"] == 3.0
