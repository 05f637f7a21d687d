"""The studio's subjects, reads and tasks as tools at /mcp, by the SDK's own client."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from chimera.contracts.approval import Approval
from chimera.contracts.brief import Brief
from chimera.contracts.trend import TrendAnalysis
from chimera.core.vocabulary import PersonRole, Role
from chimera.mcp.calling import ETAG
from chimera.mcp.tools import IF_MATCH, tools_of
from factories_front import House
from factories_mcp import connected

pytestmark = pytest.mark.engines
EXAMPLES = Path(__file__).parents[2] / "spec" / "examples"
TOOLS = {"image": "dall-e-3", "video": "runway-gen2", "audio": "elevenlabs"}


def example(name: str, **changes: object) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text())
    return document | changes


def code_of(result: Any) -> str:
    assert result.is_error
    code: str = result.structured_content["error"]["code"]
    return code


async def test_the_four_subjects_and_the_tasks_of_a_production(house: House) -> None:
    async with connected(house.address, Role.PLANNER.value) as planner:
        found = await planner.call_tool("scout_analyze", {"timeframe": "24h", "min_velocity": 0.5})
        trend_id = found.structured_content["trends"][0]["trend_id"]
        brief = await planner.call_tool("director_create_brief", example("brief_request", trend_id=trend_id))
        brief_id = brief.structured_content["brief_id"]
        wanted = {"brief_id": brief_id, "tools": TOOLS, "quality_preset": "high"}
        paid = await planner.call_tool("artist_produce", wanted)
    async with connected(house.address, Role.WORKER.value, "legacy") as worker:
        asked = example("approval_request", agent_id=str(house.id_of(Role.WORKER)), request_id=str(uuid4()))
        decided = await worker.call_tool("cfo_approve", asked | {"hold_seconds": 60})
        other = await worker.call_tool("cfo_approve", asked | {"agent_id": str(house.id_of(Role.ARTIST))})
        accepted = await worker.call_tool("artist_produce", wanted)
        task = {"task_id": accepted.structured_content["task_id"]}
        standing = await worker.call_tool("tasks_get", task)
    async with connected(house.address, PersonRole.CREATOR.value) as creator:
        cancelled = await creator.call_tool("tasks_cancel", task)
    assert list(found.structured_content) == list(TrendAnalysis.model_fields)
    assert list(brief.structured_content) == list(Brief.model_fields)
    assert list(decided.structured_content) == list(Approval.model_fields)
    assert decided.structured_content["approved"] is True
    assert (code_of(paid), code_of(other)) == ("FORBIDDEN", "FORBIDDEN")
    assert (standing.structured_content["state"], cancelled.structured_content["state"]) == ("queued", "cancelled")


async def test_lists_are_read_and_limits_are_changed_by_the_version_seen(house: House) -> None:
    line = {"period": "daily", "category": "total"}
    async with connected(house.address, PersonRole.ADMIN.value) as admin:
        pages = {
            name: await admin.call_tool(name, {"limit": 1})
            for name in ("trends_list", "content_list", "agents_list", "tasks_list", "ledger_list", "approvals_list")
        }
        shown = await admin.call_tool("budgets_limit", line)
        tag = shown.meta[ETAG] if shown.meta else ""
        wanted = line | {"limit": 300, "reason": "a quiet week"}
        unseen = await admin.call_tool("budgets_set", wanted | {IF_MATCH: '"another"'})
        changed = await admin.call_tool("budgets_set", wanted | {IF_MATCH: tag})
    assert [name for name, page in pages.items() if page.is_error] == []
    assert code_of(unseen) == "PRECONDITION_FAILED"
    assert changed.structured_content["wanted"] == 300


async def test_every_operation_is_one_tool_that_every_client_takes(house: House) -> None:
    tools = tools_of(house.front.operations)
    assert len(tools) == len(house.front.operations)
    for name, found in tools.items():
        tool, operation = found.tool, found.operation
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name)
        assert tool.title
        assert tool.description
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is (operation.method == "GET")
        assert found.beside.isdisjoint(operation.asks.model_fields)
        assert set(tool.input_schema["properties"]) == set(operation.asks.model_fields) | found.beside
        for schema in (tool.input_schema, tool.output_schema):
            assert schema is not None
            assert schema["type"] == "object"
            assert "$ref" not in schema


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_everybody_sees_the_tools_of_its_rights(house: House, mode: str) -> None:
    for role in (*Role, *PersonRole):
        caller = house.gate.callers[role.value]
        async with connected(house.address, role.value, mode) as client:
            listed = {tool.name for tool in (await client.list_tools()).tools}
        may = {name for name, found in tools_of(house.front.operations).items() if found.may_call(caller)}
        assert listed == may
    assert "studio_halt" not in listed or caller.role is PersonRole.ADMIN
