"""What `chimera serve` offers beside the operations: tokens, keys and media, told of in its document."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

import chimera
from chimera.bootstrap.studio import open_studio
from chimera.config.settings import Settings
from chimera.contracts.approval import ApprovalRequest
from chimera.core.clock import SystemClock
from chimera.core.vocabulary import PersonRole, RequestType, Role
from factories_attack import Served

pytestmark = pytest.mark.engines
PASSWORD = "correct horse battery staple"
_ENTRY = "from chimera.cli.app import main; main()"


def environment(home: Path, database_url: str, redis_url: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "CHIMERA_HOME": str(home),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PYTHONPATH": str(Path(chimera.__file__).parent.parent),
    }


@contextmanager
def serving(variables: dict[str, str]) -> Iterator[str]:
    """The address of a `chimera serve` of its own."""
    command = [sys.executable, "-c", _ENTRY, "serve", "--port", "0", "--workers", "0"]
    with subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            yield next(found[0] for line in process.stderr if (found := re.search(r"http://[\d.:]+", line)))
        finally:
            process.terminate()
            process.wait(20)


def issue(variables: dict[str, str]) -> dict[str, str]:
    """What `chimera token issue` prints for a worker."""
    command = [sys.executable, "-c", _ENTRY, "token", "issue", "--role", "worker", "--json"]
    issued: dict[str, str] = json.loads(subprocess.run(command, env=variables, capture_output=True, check=True).stdout)
    return issued


async def test_a_process_with_nothing_but_a_refresh_token_asks_a_served_cfo(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    variables = environment(tmp_path / "served", database_url, redis_url)
    issued = issue(variables)
    file = tmp_path / "token"
    file.write_text(issued["refresh_token"])
    file.chmod(0o600)
    with serving(variables) as address:
        async with httpx.AsyncClient(base_url=address, timeout=20) as client:
            keys = (await client.get("/.well-known/jwks.json")).json()["keys"]
        assert [key["alg"] for key in keys] == ["RS256"]
        data_key = (tmp_path / "served" / "keys" / "data.key").read_text().strip()
        public_key = next((tmp_path / "served" / "keys").glob("cfo*.pub*")).read_text().strip()
        settings = Settings.from_environment(
            environment(tmp_path / "other", database_url, redis_url)
            | {
                "CHIMERA_DATA_KEY": data_key,
                "CFO_URL": address,
                "CFO_TOKEN_FILE": str(file),
                "CFO_PUBLIC_KEY": public_key,
            }
        )
        async with open_studio(settings, SystemClock()) as studio:
            request = ApprovalRequest(
                request_id=uuid4(), agent_id=UUID(issued["agent_id"]), request_type=RequestType.API_CALL,
                request_cost=Decimal("1.00"), projected_roi=Decimal(5), justification="A test of the wire",
            )  # fmt: skip
            answer = await studio.treasurer.decide(request)
    assert answer.request_id == request.request_id
    assert file.read_text().strip() != issued["refresh_token"]


async def test_a_person_logs_in_refreshes_and_revokes(served: Served) -> None:
    await served.studio.identity.people.add("Zoë", PersonRole.OPERATOR, PASSWORD)
    async with served.client(None) as client:
        given = (await client.post("/v1/tokens", json={"name": "Zoë", "password": PASSWORD})).json()
        again = (await client.post("/v1/tokens/refresh", json={"refresh_token": given["refresh_token"]})).json()
        await client.post("/v1/tokens/revoke", json={"token": again["refresh_token"]})
        shown = {"Authorization": f"Bearer {again['access_token']}"}
        after = await client.get("/v1/agents", headers=shown)
    assert (again["agent_id"], after.status_code) == (given["agent_id"], 401)


async def test_media_ask_for_a_token_and_tell_nothing_else(served: Served) -> None:
    path = f"/v1/media/{uuid4()}/video.mp4"
    async with served.client(None) as nobody, served.client(PersonRole.VIEWER) as viewer:
        answers = [await nobody.get(path), await viewer.get(path)]
        async with served.client(Role.SCOUT) as scout:
            answers.append(await scout.get(path))
    assert [answer.json()["error"]["code"] for answer in answers] == ["UNAUTHENTICATED", "NOT_FOUND", "FORBIDDEN"]


async def test_all_of_it_is_in_the_document_and_on_its_page(served: Served) -> None:
    async with served.client(None) as client:
        document, page = (await client.get("/openapi.json")).json(), (await client.get("/docs")).text
    for path in (
        "/v1/tokens", "/v1/tokens/refresh", "/v1/tokens/revoke", "/v1/media/{asset_id}/{name}", "/.well-known/jwks.json"
    ):  # fmt: skip
        assert path in document["paths"]
        assert path in page
    assert document["paths"]["/v1/tokens"]["post"]["security"] == []
