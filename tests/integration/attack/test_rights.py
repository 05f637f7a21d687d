"""Section 7's table and its added roles, written out, against every operation that is served, under real tokens."""

from uuid import uuid4

import pytest

from chimera.core.vocabulary import PersonRole, Role
from chimera.runtime.operations.known import KnownOperation
from factories_attack import Served

pytestmark = pytest.mark.engines

VIEWER = "read:trends read:content_pipeline read:video_metadata"
CREATOR = f"{VIEWER} write:content_pipeline write:tasks schedule:content read:budget"
FINANCE = f"{VIEWER} read:ledger read:budget write:budget answer:escalations pause:spend"
OPERATOR = f"{CREATOR} review:content halt:studio pause:spend write:agents read:ledger write:webhooks"
TABLE: dict[Role | PersonRole, str] = {
    Role.SCOUT: "read:trends write:trends",
    Role.DIRECTOR: "read:trends write:content_pipeline",
    Role.ARTIST: "read:content_pipeline write:content_pipeline write:video_metadata call:mcp_tools",
    Role.CFO: "read:ledger write:ledger approve:transactions",
    Role.PLANNER: "read:trends read:content_pipeline read:budget write:tasks",
    Role.JUDGE: "read:trends read:content_pipeline write:content_pipeline read:video_metadata review:content",
    Role.WORKER: "read:content_pipeline write:content_pipeline read:video_metadata write:video_metadata "
    "call:publish_tools request:spend",
    PersonRole.VIEWER: VIEWER,
    PersonRole.CREATOR: CREATOR,
    PersonRole.FINANCE: FINANCE,
    PersonRole.OPERATOR: OPERATOR,
    PersonRole.ADMIN: f"{OPERATOR} {FINANCE}",
}
MAKERS: frozenset[Role | PersonRole] = frozenset(
    {Role.PLANNER, Role.WORKER, PersonRole.CREATOR, PersonRole.OPERATOR, PersonRole.ADMIN}
)
SUBJECTS: dict[str, frozenset[Role | PersonRole]] = {
    "internal.agent.scout.analyze": MAKERS,
    "internal.agent.director.create_brief": MAKERS,
    "internal.agent.artist.produce": MAKERS - {Role.PLANNER},
    "internal.agent.cfo.approve": frozenset(Role) - {Role.CFO},
}
OF_THE_TREASURY = (
    ("POST", "/v1/holds/{id}/begin"), ("POST", "/v1/holds/{id}/settle"), ("POST", "/v1/holds/{id}/void"),
    ("GET", "/v1/requests/{id}/decision"),
)  # fmt: skip
IN_MEDIA = {
    "video.mp4": "read:video_metadata", "thumbnail.jpg": "read:video_metadata",
    "captions.vtt": "read:content_pipeline", "captions.srt": "read:content_pipeline",
}  # fmt: skip


async def test_every_role_gets_where_the_table_lets_it_and_nowhere_else(served: Served) -> None:
    for role, rights in TABLE.items():
        async with served.client(role) as client:
            for operation in served.front.operations:
                if isinstance(operation, KnownOperation):
                    continue
                subject = SUBJECTS.get(operation.name)
                may = role in subject if subject is not None else str(operation.right) in rights.split()
                path = "/".join(str(uuid4()) if part.startswith("{") else part for part in operation.path.split("/"))
                body = {"json": {"surprise": 1}} if operation.method in {"POST", "PUT"} else {}
                answer = await client.request(operation.method, path, **body)  # type: ignore[arg-type]
                assert (answer.status_code == 403) is not may, (role, operation.name, answer.text[:200])
                assert answer.status_code != 401, (role, operation.name)


async def test_media_are_seen_by_whom_the_table_lets(served: Served) -> None:
    for role, rights in TABLE.items():
        async with served.client(role) as client:
            for name, right in IN_MEDIA.items():
                answer = await client.get(f"/v1/media/{uuid4()}/{name}")
                assert answer.status_code == (404 if right in rights.split() else 403), (role, name)


async def test_the_treasurys_own_routes_and_every_operation_need_a_token(served: Served) -> None:
    async with served.client(None) as nobody:
        asked = [(method, path.format(id=uuid4())) for method, path in OF_THE_TREASURY]
        for operation in served.front.operations:
            path = "/".join(str(uuid4()) if part.startswith("{") else part for part in operation.path.split("/"))
            asked.append((operation.method, path))
        for method, path in asked:
            answer = await nobody.request(method, path, content=b"x" * 100_000 if method != "GET" else None)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), (method, path)
