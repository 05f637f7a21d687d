"""`chimera mcp serve` as a child process, by the SDK's own client and by bare lines."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from mcp import Client, StdioServerParameters

import chimera
from chimera.core.secret import revealed
from chimera.core.vocabulary import PersonRole, Role
from chimera.mcp.message import ENVELOPE_BYTES_MAX
from chimera.runtime.operations.operation import BODY_BYTES_MAX
from chimera.security.refresh_tokens import is_refresh_token
from factories_front import House

pytestmark = pytest.mark.engines
EXAMPLES = Path(__file__).parents[2] / "spec" / "examples"
COMMAND = "import sys; from chimera.cli.app import main; sys.argv = ['chimera', 'mcp', 'serve', *sys.argv[1:]]; main()"
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "a test", "version": "1"},
    },
}


def example(name: str, **changes: object) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text())
    return document | changes


def environment(house: House, token: str | None) -> dict[str, str]:
    """What a desktop client gives the command."""
    settings = house.studio.settings
    given = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(chimera.__file__).parent.parent),
        "CHIMERA_HOME": str(house.studio.home),
        "DATABASE_URL": revealed(settings.database_url) or "",
        "REDIS_URL": revealed(settings.redis_url) or "",
    }
    return given if token is None else given | {"CHIMERA_TOKEN": token}


def server(house: House, token: str | None, *options: str) -> StdioServerParameters:
    return StdioServerParameters(command=sys.executable, args=["-c", COMMAND, *options], env=environment(house, token))


async def token_of(house: House, role: Role) -> str:
    return (await house.studio.identity.tokens.issue(house.id_of(role))).access_token


@asynccontextmanager
async def child(house: House, token: str | None, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command on bare pipes."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", COMMAND, *options,
        env=environment(house, token), stdin=-1, stdout=-1, stderr=-1,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_the_studio_is_called_over_stdio_as_the_tokens_owner(house: House) -> None:
    token = await token_of(house, Role.WORKER)
    async with Client(server(house, token), read_timeout_seconds=120) as client:
        listed = {tool.name for tool in (await client.list_tools()).tools}
        found = await client.call_tool("scout_analyze", {"timeframe": "24h", "min_velocity": 0.5})
        page = await client.call_tool("tasks_list", {"limit": 1})
        denied = await client.call_tool("studio_halt", {"reason": "because"})
        asked = example("approval_request", agent_id=str(house.id_of(Role.WORKER)), request_id=str(uuid4()))
        decided = await client.call_tool("cfo_approve", asked)
        async with asyncio.TaskGroup() as group:
            many = [group.create_task(client.call_tool("content_list", {"limit": 1})) for _ in range(100)]
    assert {"scout_analyze", "artist_produce", "tasks_get"} <= listed
    assert "studio_halt" not in listed
    assert found.structured_content["trends"]
    assert page.structured_content == {"tasks": [], "next_cursor": None}
    assert denied.structured_content["error"]["code"] == "FORBIDDEN"
    assert decided.is_error is False, decided
    assert {call.result().is_error for call in many} == {False}


async def test_a_kept_login_is_exchanged_and_ends_when_it_is_revoked(house: House, tmp_path: Path) -> None:
    person = await house.studio.identity.people.add("Ana", PersonRole.VIEWER, None)
    given = await house.studio.identity.tokens.issue(person.id)
    file = tmp_path / "refresh"
    file.write_text(given.refresh_token)
    file.chmod(0o600)
    parameters = server(house, None, "--refresh-file", str(file))
    async with Client(parameters, mode="legacy", read_timeout_seconds=120) as client:
        page = await client.call_tool("trends_list", {})
        successor = file.read_text().strip()
        await house.studio.identity.tokens.revoke_refresh(successor)
        async with asyncio.timeout(60):
            while not (ended := await client.call_tool("trends_list", {})).is_error:
                pass
    assert page.structured_content == {"trends": [], "next_cursor": None}
    assert is_refresh_token(successor)
    assert successor != given.refresh_token
    assert (file.stat().st_mode & 0o777) == 0o600
    assert ended.structured_content["error"]["code"] == "UNAUTHENTICATED"


async def test_bad_lines_are_answered_and_the_end_of_stdin_is_the_end(house: House) -> None:
    too_long = b'{"x":"' + b"x" * (BODY_BYTES_MAX + ENVELOPE_BYTES_MAX) * 3 + b'"}'
    bad = [b"{", b"[]", b'{"jsonrpc":"2.0"}', b"\xff", b'{"id":1,"id":2}', too_long]
    async with child(house, await token_of(house, Role.SCOUT)) as process:
        lines = [*bad, b"", json.dumps(INITIALIZE).encode()]
        out, log = await asyncio.wait_for(process.communicate(b"\n".join(lines) + b"\n"), 120)
    answers: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
    assert [answer["error"]["code"] for answer in answers[: len(bad)]] == [
        -32700, -32600, -32600, -32700, -32700, -32600
    ]  # fmt: skip
    assert [answer.get("id") for answer in answers] == [None] * len(bad) + [1]
    assert answers[-1]["result"]["serverInfo"]["name"] == "chimera"
    assert process.returncode == 0, log.decode()


async def test_being_told_to_stop_is_the_end_too(house: House) -> None:
    async with child(house, await token_of(house, Role.SCOUT)) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(INITIALIZE).encode() + b"\n")
        await asyncio.wait_for(process.stdout.readline(), 120)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 60) == 128 + signal.SIGTERM


@pytest.mark.parametrize(
    ("token", "options", "words"),
    [
        (None, [], "say who asks"),
        ("a.b.c", ["--refresh-file", "somewhere"], "say who asks"),
        ("a.b.c", [], "UNAUTHENTICATED"),
        (None, ["--refresh-file", "/nowhere/at/all"], "can't be used"),
    ],
)
async def test_who_is_not_known_is_told_so_in_one_sentence(
    house: House, token: str | None, options: list[str], words: str
) -> None:
    async with child(house, token, *options) as process:
        out, log = await asyncio.wait_for(process.communicate(), 120)
    assert out == b""
    assert words in log.decode()
    assert "Traceback" not in log.decode()
    assert process.returncode not in {0, None}
