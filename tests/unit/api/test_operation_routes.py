"""How an operation is asked over HTTP, on a real socket: who, where, what, and what comes back."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import Field

from chimera.api.app import create_app
from chimera.api.server import bind, serve
from chimera.contracts.contract import Contract, Usd
from chimera.contracts.error import ErrorEnvelope
from chimera.contracts.problem import Problem
from chimera.core.clock import FixedClock
from chimera.core.errors import AgentOffline, NotFound, RateLimited
from chimera.core.vocabulary import PersonRole, Priority
from chimera.platforms.local_channel.channel import LocalChannel
from chimera.runtime.operations.operation import AnyOperation, Call, Operation
from chimera.runtime.operations.tags import tag_of
from chimera.security.permissions import Caller, Permission
from factories_front import KnownTokens, well

NOW = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
THING = UUID("018f2c4e-7b1a-7c3d-9e5f-0123456789ab")
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class ThingRequest(Contract):
    thing_id: UUID
    priority: tuple[Priority, ...] = ()
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class ThingChange(Contract):
    thing_id: UUID
    price: Annotated[Usd, Field(gt=0, decimal_places=2)]
    note: str = ""


class Terms(Contract):
    hold_seconds: int | None = None


class Nothing(Contract):
    thing_id: UUID


class Thing(Contract):
    thing_id: UUID
    said: dict[str, str]
    price: Usd


class Later(Contract):
    status_url: str


async def read(call: Call, asked: ThingRequest) -> Thing:
    said = {"priority": ",".join(asked.priority), "limit": str(asked.limit)}
    return Thing(thing_id=asked.thing_id, said=said, price=Decimal("0.10"))


async def change(call: Call, asked: ThingChange) -> Thing:
    said = {"if_match": str(call.if_match), "terms": str(call.terms), "note": asked.note, "id": str(call.request_id)}
    return Thing(thing_id=asked.thing_id, said=said, price=asked.price)


async def busy(call: Call, asked: Nothing) -> Thing:
    raise AgentOffline("nobody is at work") if call.caller.role is PersonRole.ADMIN else RateLimited("too many")


async def broken(call: Call, asked: Nothing) -> Thing:
    raise ZeroDivisionError("a secret")


async def produce(call: Call, asked: Nothing) -> Thing | Later:
    if call.wait_seconds is None:
        return Later(status_url="/v1/later")
    return Thing(thing_id=asked.thing_id, said={"waited": str(call.wait_seconds)}, price=Decimal(1))


async def gone(call: Call, asked: Nothing) -> Nothing:
    return asked


OPERATIONS: tuple[AnyOperation, ...] = (
    Operation(
        "things.get", "A thing.", "GET", "/v1/things/{thing_id}", ThingRequest, Thing, read,
        Permission.READ_TRENDS, tagged=True,
    ),
    Operation(
        "things.change", "Change it.", "PUT", "/v1/things/{thing_id}", ThingChange, Thing, change,
        Permission.WRITE_TASKS, terms=Terms, tagged=True,
    ),
    Operation(
        "things.drop", "Drop it.", "DELETE", "/v1/things/{thing_id}", Nothing, Nothing, gone,
        Permission.WRITE_TASKS, status=204,
    ),
    Operation("busy", "Busy.", "POST", "/v1/busy", Nothing, Thing, busy, Permission.READ_TRENDS),
    Operation("broken", "Broken.", "POST", "/v1/broken", Nothing, Thing, broken, Permission.READ_TRENDS),
    Operation(
        "make", "Make it.", "POST", "/v1/make", Nothing, Thing, produce, Permission.READ_TRENDS,
        failures=(NotFound,), accepted=Later, body_bytes_max=1000,
    ),
)  # fmt: skip


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    roles = (PersonRole.ADMIN, PersonRole.CREATOR, PersonRole.VIEWER)
    gate = KnownTokens({role.value: Caller(uuid4(), role, name=role.value) for role in roles})
    channel = LocalChannel(tmp_path)
    hosts = frozenset({"127.0.0.1"})
    app = create_app(channel, well, FixedClock(NOW), hosts, operations=OPERATIONS, gate=gate)
    listener = bind("127.0.0.1", 0)
    serving = asyncio.create_task(serve(app, listener))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    headers = {"Authorization": "Bearer creator"}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=20) as opened:
        yield opened
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


def error_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, ErrorEnvelope.model_validate_json(answer.content).error.code


async def test_path_and_query_are_one_document(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/v1/things/{THING}", params=[("priority", "high"), ("priority", "low"), ("limit", "7")])
    assert answer.json() == {"thing_id": str(THING), "said": {"priority": "high,low", "limit": "7"}, "price": 0.1}


@pytest.mark.parametrize(
    "query", ["surprise=1", "limit=1&limit=2", "limit=0", "limit=x", "thing_id=1", "limit=%00", "priority=%00"]
)
async def test_a_query_that_is_none_is_refused(client: httpx.AsyncClient, query: str) -> None:
    assert error_of(await client.get(f"/v1/things/{THING}?{query}")) == (422, "VALIDATION_FAILED")


async def test_what_stands_in_the_path_is_validated_too(client: httpx.AsyncClient) -> None:
    assert error_of(await client.get("/v1/things/17")) == (422, "VALIDATION_FAILED")
    assert error_of(await client.get("/v1/things/a/b")) == (404, "NOT_FOUND")


async def test_an_answer_that_is_known_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get(f"/v1/things/{THING}")
    tag = first.headers["etag"]
    assert tag == tag_of(first.content)
    again = await client.get(f"/v1/things/{THING}", headers={"If-None-Match": f'"old", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await client.head(f"/v1/things/{THING}")).status_code == 200


async def test_a_change_is_told_its_terms_and_what_the_caller_saw(client: httpx.AsyncClient) -> None:
    asked = f"/v1/things/{THING}?hold_seconds=9"
    answer = await client.put(asked, content=b'{"price": 12.50}', headers={"If-Match": '"seen"'})
    assert answer.status_code == 200
    assert answer.json()["price"] == 12.5
    assert answer.json()["said"]["terms"] == "hold_seconds=9"
    assert answer.json()["said"]["if_match"] == '"seen"'
    assert answer.json()["said"]["id"] == answer.headers["x-request-id"]
    assert error_of(await client.put(f"/v1/things/{THING}?x=1", json={"price": 1})) == (422, "VALIDATION_FAILED")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"price": 1, "surprise": 1}', "application/json", 422),
        (b'{"price": 1, "thing_id": "018f2c4e-7b1a-7c3d-9e5f-0123456789ab"}', "application/json", 422),
        (b'{"price": "1"}', "application/json", 422),
        (b'{"price": 1, "price": 2}', "application/json", 422),
        (b'{"price": NaN}', "application/json", 422),
        (b'{"price": 1.001}', "application/json", 422),
        (b'{"price": 1, "note": "\\u0000"}', "application/json", 422),
        (b'{"price": 1, "note": "\\ud800"}', "application/json", 422),
        (b'{"price": 1, "\\udfff": "x"}', "application/json", 422),
        (b'{"price": 1, "note": "\xff"}', "application/json", 422),
        (b"[" * 20_000, "application/json", 422),
        (b"[]", "application/json", 422),
        (b"", "application/json", 422),
        (b"price=1", "application/x-www-form-urlencoded", 415),
        (b'{"price": 1}', "application/json; charset=latin-1", 415),
        (b'{"price": 1, "note": "\\ud83d\\ude00 \\\\u0000"}', "application/json; charset=utf-8", 200),
        (b'{"price": 1, "note": "' + b"x" * 33_000 + b'"}', "application/json", 413),
    ],
)
async def test_a_body_is_read_exactly(client: httpx.AsyncClient, body: bytes, content_type: str, status: int) -> None:
    answer = await client.put(f"/v1/things/{THING}", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == status
    if status != 200:
        assert error_of(answer) == (status, "VALIDATION_FAILED")


async def test_a_body_without_an_end_is_cut_at_the_operations_own_limit(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b" " * 100

    assert error_of(await client.post("/v1/make", content=endless())) == (413, "VALIDATION_FAILED")


async def test_nobody_gets_further_than_the_token_and_the_right(client: httpx.AsyncClient) -> None:
    asked = f"/v1/things/{THING}"
    for shown in ("", "Bearer", "Bearer nobody", "Basic creator", "creator"):
        answer = await client.put(asked, content=b"no JSON", headers={"Authorization": shown})
        assert error_of(answer) == (401, "UNAUTHENTICATED")
        assert answer.headers["www-authenticate"] == "Bearer"
    viewer = await client.put(asked, content=b"no JSON", headers={"Authorization": "Bearer viewer"})
    assert error_of(viewer) == (403, "FORBIDDEN")


async def test_what_takes_long_is_accepted_unless_the_caller_waits(client: httpx.AsyncClient) -> None:
    body = {"thing_id": str(THING)}
    later = await client.post("/v1/make", json=body)
    assert (later.status_code, later.json()) == (202, {"status_url": "/v1/later"})
    there = await client.post("/v1/make", json=body, headers={"Prefer": "respond-async, wait=500"})
    assert (there.status_code, there.json()["said"]) == (200, {"waited": "120.0"})
    assert there.headers["preference-applied"] == "wait=120"


async def test_a_failure_tells_when_to_come_back(client: httpx.AsyncClient) -> None:
    body = {"thing_id": str(THING)}
    crowded = await client.post("/v1/busy", json=body)
    empty = await client.post("/v1/busy", json=body, headers={"Authorization": "Bearer admin"})
    assert (error_of(crowded), crowded.headers["retry-after"]) == ((429, "RATE_LIMITED"), "1")
    assert (error_of(empty), empty.headers["retry-after"]) == ((503, "AGENT_OFFLINE"), "5")


async def test_what_nobody_expected_is_not_told(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/broken", json={"thing_id": str(THING)})
    assert error_of(answer) == (500, "INTERNAL")
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] == answer.json()["error"]["request_id"]
    assert "content-security-policy" in answer.headers


async def test_a_problem_document_is_given_to_those_who_accept_it(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/busy", json={}, headers={"Accept": "application/problem+json, */*"})
    assert answer.headers["content-type"] == "application/problem+json"
    problem = Problem.model_validate_json(answer.content)
    assert (problem.type, problem.status) == ("urn:chimera:error:VALIDATION_FAILED", 422)
    assert str(problem.request_id) == answer.headers["x-request-id"]
    plain = await client.post("/v1/busy", json={}, headers={"Accept": "application/problem+json;q=0, application/json"})
    assert plain.headers["content-type"] == "application/json"


async def test_the_method_that_is_none_is_told_the_others(client: httpx.AsyncClient) -> None:
    answer = await client.post(f"/v1/things/{THING}", json={})
    assert error_of(answer) == (405, "VALIDATION_FAILED")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, PUT"
    dropped = await client.delete(f"/v1/things/{THING}")
    assert (dropped.status_code, dropped.content) == (204, b"")


async def test_a_request_keeps_its_id_and_its_trace(client: httpx.AsyncClient) -> None:
    asked = str(uuid4())
    answer = await client.get(f"/v1/things/{THING}", headers={"X-Request-Id": asked, "traceparent": TRACE})
    assert answer.headers["x-request-id"] == asked
    version, trace, span, flags = answer.headers["traceparent"].split("-")
    assert (version, trace, flags) == ("00", "4bf92f3577b34da6a3ce929d0e0e4736", "01")
    assert span != "00f067aa0ba902b7"
    own = await client.get(f"/v1/things/{THING}", headers={"X-Request-Id": "no id", "traceparent": "ff-" + TRACE[3:]})
    assert UUID(own.headers["x-request-id"]).version == 7
    assert trace not in own.headers["traceparent"]


async def test_a_head_without_end_and_a_foreign_host_are_refused(client: httpx.AsyncClient) -> None:
    long = await client.get(f"/v1/things/{THING}", headers={"X-Long": "x" * 20_000})
    assert error_of(long) == (431, "VALIDATION_FAILED")
    foreign = await client.get(f"/v1/things/{THING}", headers={"Host": "evil.example"})
    assert error_of(foreign) == (403, "FORBIDDEN")


async def test_the_document_describes_every_operation_and_the_page_shows_it(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    page = await client.get("/docs")
    told = {told["operationId"] for methods in document["paths"].values() for told in methods.values()}
    assert told == {operation.name for operation in OPERATIONS}
    assert document["openapi"] == "3.1.0"
    assert page.headers["content-type"].startswith("text/html")
    assert all(f'id="{operation.name}"' in page.text for operation in OPERATIONS)
    assert "<script" not in page.text
    assert "style=" not in page.text
    assert json.dumps(document).count('"bearerFormat": "JWT"') == 1
