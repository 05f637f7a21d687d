"""Bodies that are none: every operation that takes one refuses each with one sentence, and does nothing."""

import pytest

from chimera.api.sealed_media import MEDIA_TYPES
from chimera.core.vocabulary import PersonRole, Role
from chimera.runtime.operations.operation import BODY_BYTES_MAX
from factories_attack import Served

pytestmark = pytest.mark.engines
ID = "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000"

BODIES: dict[str, bytes] = {
    "an array": b"[]",
    "a number": b"1",
    "a text": b'"{}"',
    "null": b"null",
    "cut off": b'{"reason":',
    "two documents": b"{}{}",
    "a comment": b"{/**/}",
    "deep arrays": b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "deep objects": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "a field twice": b'{"surprise":1,"surprise":1}',
    "a lone surrogate": b'{"surprise":"\\ud800"}',
    "a zero character": b'{"surprise":"\\u0000"}',
    "a surrogate in UTF-8": b'{"surprise":"\xed\xa0\x80"}',
    "an overlong slash": b'{"surprise":"\xc0\xaf"}',
    "no UTF-8": b'{"surprise":"\xff"}',
    "UTF-16": '{"surprise":1}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"surprise":1}',
    "no number": b'{"surprise":NaN}',
    "an infinite number": b'{"surprise":-Infinity}',
    "a number beyond all": b'{"surprise":1e999999999}',
    "a number of 20,000 digits": b'{"surprise":' + b"9" * 20_000 + b"}",
    "a field of ours to be": b'{"__proto__":{"role":"admin"}}',
    "an unknown field": b'{"surprise":1}',
}


async def test_no_body_breaks_an_operation(served: Served) -> None:
    async with served.client(PersonRole.ADMIN) as admin, served.client(Role.WORKER) as worker:
        for operation in served.front.operations:
            if operation.method not in {"POST", "PUT"}:
                continue
            path = "/".join(ID if part.startswith("{") else part for part in operation.path.split("/"))
            client = worker if operation.name == "internal.agent.cfo.approve" else admin
            for name, body in BODIES.items():
                sent = {"content": body, "headers": {"Content-Type": "application/json"}}
                answer = await client.request(operation.method, path, **sent)  # type: ignore[arg-type]
                assert (answer.status_code, answer.json()["error"]["code"]) == (422, "VALIDATION_FAILED"), (
                    operation.name,
                    name,
                    answer.text[:300],
                )
                assert len(answer.content) < 4_096, (operation.name, name)


async def test_no_body_breaks_a_route_without_a_token(served: Served) -> None:
    async with served.client(None) as nobody:
        for operation in served.front.open_operations:
            for name, body in BODIES.items():
                answer = await nobody.post(operation.path, content=body, headers={"Content-Type": "application/json"})
                assert answer.status_code == 422, (operation.name, name)
            too_long = await nobody.post(operation.path, content=b" " * (BODY_BYTES_MAX + 1))
            no_json = await nobody.post(operation.path, data={"name": "x"})
            assert (too_long.status_code, no_json.status_code) == (413, 415), operation.name
        for name in ("\u202eevil", "a\u200bb", "a\u2066b", " a", "a\tb", "x" * 101):
            answer = await nobody.post("/v1/tokens", json={"name": name, "password": "x"})
            assert answer.status_code == 422, name


async def test_nothing_private_is_kept_by_anybody_between(served: Served) -> None:
    paths = [one.path for one in served.front.operations if one.method == "GET" and "{" not in one.path]
    paths += [f"/v1/media/{ID}/{name}" for name in MEDIA_TYPES]
    async with served.client(PersonRole.ADMIN) as admin, served.client(None) as nobody:
        for path in paths:
            for client in (admin, nobody):
                kept = (await client.get(path)).headers.get("cache-control", "")
                assert "no-store" in kept or "private" in kept, path
