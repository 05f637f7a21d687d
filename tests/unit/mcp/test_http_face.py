"""Operations as MCP tools over a real socket: who calls, what is listed, what is refused."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from mcp import MCPError
from mcp_types import INVALID_PARAMS

from chimera.core.vocabulary import Role
from chimera.mcp.calling import ETAG
from factories_mcp import THING, Stall, open_stall

JSON = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
LEGACY = {"MCP-Protocol-Version": "2025-11-25"}


@pytest.fixture
async def stall(tmp_path: Path) -> AsyncIterator[Stall]:
    async with open_stall(tmp_path) as opened:
        yield opened


def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_tool_is_called_by_the_clients_of_both_eras(stall: Stall, mode: str) -> None:
    async with stall.connected("scout", mode) as client:
        listed = (await client.list_tools()).tools
        shown = await client.call_tool("things_show", {"thing_id": str(THING)})
    assert [tool.name for tool in listed] == ["things_show", "things_change", "cfo_approve", "things_fail"]
    assert shown.is_error is False
    assert shown.structured_content == {"thing_id": str(THING), "price": 0.1}
    assert json.loads(shown.content[0].text) == shown.structured_content  # type: ignore[union-attr]
    schema = listed[0].input_schema
    assert (schema["required"], schema["additionalProperties"]) == (["thing_id"], False)
    assert listed[0].output_schema is not None


async def test_a_tool_answers_to_the_operations_own_names_too(stall: Stall) -> None:
    async with stall.connected("worker") as client:
        answers = [
            await client.call_tool(name, {"thing_id": str(THING)})
            for name in ("artist_produce", "artist.produce", "internal.agent.artist.produce")
        ]
        with pytest.raises(MCPError) as unknown:
            await client.call_tool("artist_destroy", {})
    assert [answer.structured_content for answer in answers] == [{"task_id": str(THING)}] * 3
    assert unknown.value.code == INVALID_PARAMS


async def test_what_fails_is_a_result_with_the_envelope(stall: Stall) -> None:
    other = str(UUID(int=5))
    async with stall.connected("scout") as client:
        missing = await client.call_tool("things_show", {"thing_id": other})
        surprise = await client.call_tool("things_show", {"thing_id": str(THING), "surprise": 1})
        quoted = await client.call_tool("things_change", {"thing_id": str(THING), "price": "1", "if_match": "x"})
        broken = await client.call_tool("things_fail", {})
    assert all(result.is_error for result in (missing, surprise, quoted, broken))
    error = missing.structured_content["error"]
    assert list(error) == ["code", "message", "details", "timestamp", "request_id"]
    assert (error["code"], error["details"]) == ("NOT_FOUND", {"thing_id": other})
    assert surprise.structured_content["error"]["message"] == "surprise: is not a field here"
    assert quoted.structured_content["error"]["message"] == "price: must be a number"
    assert broken.structured_content["error"]["code"] == "INTERNAL"
    assert "secret" not in str(broken)


async def test_only_who_may_is_shown_a_tool_and_only_who_may_calls_it(stall: Stall) -> None:
    async with stall.connected("worker") as client:
        listed = {tool.name for tool in (await client.list_tools()).tools}
        refused = await client.call_tool("things_show", {"thing_id": "not even an id"})
    assert listed == {"cfo_approve", "artist_produce"}
    assert refused.is_error
    assert refused.structured_content["error"]["code"] == "FORBIDDEN"


async def test_a_version_is_told_and_has_to_be_named(stall: Stall) -> None:
    change = {"thing_id": str(THING), "price": 2}
    async with stall.connected("scout") as client:
        shown = await client.call_tool("things_show", {"thing_id": str(THING)})
        unseen = await client.call_tool("things_change", change)
        tag = shown.meta[ETAG] if shown.meta else ""
        changed = await client.call_tool("things_change", change | {"if_match": tag})
        stale = await client.call_tool("things_change", change | {"if_match": tag})
    assert shown.content[1].text == f"etag: {tag}"  # type: ignore[union-attr]
    assert unseen.structured_content["error"]["code"] == "VALIDATION_FAILED"
    assert changed.structured_content["price"] == 2
    assert stale.structured_content["error"]["code"] == "PRECONDITION_FAILED"


async def test_terms_stand_beside_what_is_asked(stall: Stall) -> None:
    async with stall.connected("worker") as client:
        held = await client.call_tool("cfo_approve", {"hold_seconds": 60})
        wrong = await client.call_tool("cfo_approve", {"hold_seconds": 0})
    assert held.structured_content["words"] == "held for 60"
    assert wrong.structured_content["error"]["message"] == "hold_seconds: must be above 0"


async def test_callers_at_once_are_never_mixed(stall: Stall) -> None:
    roles = [Role.WORKER, Role.SCOUT] * 2
    async with asyncio.TaskGroup() as group:
        asking = [group.create_task(_met(stall, role.value, 5)) for role in roles for _ in range(5)]
    told = [task.result() for task in asking]
    assert told == [[str(stall.gate.callers[role.value].id)] * 5 for role in roles for _ in range(5)]


async def _met(stall: Stall, token: str, times: int) -> list[str]:
    """Whom the shop took the caller for: its calls and those of all others are under way at once."""
    async with stall.connected(token) as client, asyncio.TaskGroup() as group:
        calls = [group.create_task(client.call_tool("cfo_approve", {"together": 100})) for _ in range(times)]
    return [call.result().structured_content["caller"] for call in calls]


async def test_no_session_outlives_its_token(stall: Stall) -> None:
    async with stall.connected("scout", "legacy") as client:
        before = await client.call_tool("things_show", {"thing_id": str(THING)})
        ended = stall.gate.callers.pop("scout")
        with pytest.raises(MCPError):
            await client.call_tool("things_show", {"thing_id": str(THING)})
        stall.gate.callers["scout"] = ended
        after = await client.call_tool("things_show", {"thing_id": str(THING)})
    assert (before.is_error, after.is_error) == (False, False)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_without_a_token_nothing_is_answered(stall: Stall, method: str) -> None:
    for token in (None, "nobody"):
        async with stall.http(token) as client:
            answer = await client.request(method, "/mcp", headers=JSON, content=b"x" * 100_000)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert answer.json()["error"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "elsewhere.example"}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[half"}, 403),
        ({"Origin": "http://127.0.0.1:3000"}, 200),
        ({"Content-Type": "text/plain"}, 415),
        ({"Accept": "text/html"}, 406),
    ],
)
async def test_pages_elsewhere_and_other_bodies_are_refused(stall: Stall, headers: dict[str, str], status: int) -> None:
    async with stall.http("scout") as client:
        answer = await client.post(
            "/mcp", json=call("things_show", {"thing_id": str(THING)}), headers=JSON | LEGACY | headers
        )
    assert answer.status_code == status


async def test_streams_and_sessions_are_not_offered(stall: Stall) -> None:
    async with stall.http("scout") as client:
        for method in ("GET", "DELETE", "PUT"):
            answer = await client.request(method, "/mcp", headers=JSON)
            assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        began = await client.post("/mcp", json=call("things_show", {"thing_id": str(THING)}), headers=JSON | LEGACY)
    assert "mcp-session-id" not in began.headers


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700),
        (b"{", -32700),
        (b"\xff\xfe", -32700),
        (b"[]", -32600),
        (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}', -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":NaN}}', -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"\\ud800"}}', -32600),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, -32700),
        (b'{"jsonrpc":"1.0","id":1,"method":"ping"}', None),
        (b'{"jsonrpc":"2.0","id":{},"method":"ping"}', None),
        (b'{"jsonrpc":"2.0","id":1,"method":7}', None),
        (b'{"id":1}', None),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}', None),
    ],
)
@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28", "1999-01-01"])
async def test_what_is_no_message_is_one_json_rpc_error(
    stall: Stall, body: bytes, code: int | None, version: str
) -> None:
    async with stall.http("scout") as client:
        answer = await client.post("/mcp", content=body, headers=JSON | {"MCP-Protocol-Version": version})
        assert 400 <= answer.status_code < 500
        error = answer.json()["error"]
        assert code in {None, error["code"]}
        alive = await client.post("/mcp", json=call("things_show", {"thing_id": str(THING)}), headers=JSON | LEGACY)
    assert alive.status_code == 200


async def test_a_body_over_its_bound_is_refused(stall: Stall) -> None:
    async with stall.http("scout") as client:
        answer = await client.post("/mcp", content=b'{"x":"' + b"x" * 60_000 + b'"}', headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "VALIDATION_FAILED")


async def test_numbers_arrive_to_the_last_digit(stall: Stall) -> None:
    async with stall.http("scout") as client:
        shown: httpx2.Response = await client.post(
            "/mcp", json=call("things_show", {"thing_id": str(THING)}), headers=JSON | LEGACY
        )
        tag = shown.json()["result"]["_meta"][ETAG]
        body = json.dumps(call("things_change", {"thing_id": str(THING), "price": 0, "if_match": tag}))
        await client.post(
            "/mcp", content=body.replace('"price": 0', '"price": 0.1000000000000000000000001'), headers=JSON | LEGACY
        )
    assert str(stall.shop.price) == "0.1000000000000000000000001"
