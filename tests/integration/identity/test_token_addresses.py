"""The addresses that need no token, over HTTP: logging in, refreshing, revoking, the keys."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import KeySet
from redis.asyncio import Redis

from chimera.api import errors
from chimera.api.tokens import token_routes
from chimera.core.clock import FixedClock
from chimera.core.errors import Unauthenticated, ValidationFailed
from chimera.core.vocabulary import PersonRole
from chimera.runtime.identity.attempts import ATTEMPTS_MAX, LogInAttempts
from chimera.runtime.identity.identity import Identity
from chimera.runtime.operations.tokens import open_operations

pytestmark = pytest.mark.engines
PASSWORD = "correct horse battery staple"


@pytest.fixture
async def client(identity: Identity, clock: FixedClock, redis_url: str) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    errors.install(app, clock)
    async with Redis.from_url(redis_url) as redis:
        app.include_router(token_routes(open_operations(identity, LogInAttempts(redis)), identity.jwks))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as opened:
            yield opened


async def test_a_person_logs_in_and_goes_on(client: httpx.AsyncClient, identity: Identity) -> None:
    person = await identity.people.add("Zoë", PersonRole.OPERATOR, PASSWORD)
    given = (await client.post("/v1/tokens", json={"name": "zoë", "password": PASSWORD})).json()
    assert given.keys() == {"access_token", "refresh_token", "expires_in", "agent_id"}
    assert (given["expires_in"], given["agent_id"]) == (3600, str(person.id))
    again = await client.post("/v1/tokens/refresh", json={"refresh_token": given["refresh_token"]})
    assert (await identity.gate.caller(again.json()["access_token"])).name == "Zoë"
    assert again.headers["cache-control"] == "no-store"


async def test_a_wrong_name_and_a_wrong_password_are_told_alike(client: httpx.AsyncClient, identity: Identity) -> None:
    await identity.people.add("Ben", PersonRole.VIEWER, PASSWORD)
    await identity.people.add("Silent", PersonRole.VIEWER, None)
    await identity.people.add("Gone", PersonRole.VIEWER, PASSWORD)
    await identity.people.retire("Gone")
    told = {
        (answer.status_code, answer.json()["error"]["message"])
        for name, password in (("Ben", "wrong"), ("Nobody", PASSWORD), ("Silent", ""), ("Gone", PASSWORD))
        for answer in [await client.post("/v1/tokens", json={"name": name, "password": password or "x"})]
    }
    assert told == {(401, "the name or the password is wrong")}


async def test_a_name_is_tried_so_often_known_or_not(client: httpx.AsyncClient, identity: Identity) -> None:
    await identity.people.add("Ben", PersonRole.VIEWER, PASSWORD)
    for name in ("Ben", "Nobody"):
        tried = [
            (await client.post("/v1/tokens", json={"name": name, "password": "wrong"})).status_code
            for _ in range(ATTEMPTS_MAX + 1)
        ]
        assert tried == [401] * ATTEMPTS_MAX + [429]
    assert (await client.post("/v1/tokens", json={"name": "BEN", "password": PASSWORD})).status_code == 429


async def test_a_revoked_login_is_over_and_revoking_tells_nothing(
    client: httpx.AsyncClient, identity: Identity, planner: UUID
) -> None:
    given = await identity.tokens.issue(planner)
    for token in (given.access_token, given.access_token, given.refresh_token, "x" * 43, "no token"):
        answer = await client.post("/v1/tokens/revoke", json={"token": token})
        assert (answer.status_code, answer.json()) == (200, {"revoked": True})
    with pytest.raises(Unauthenticated):
        await identity.gate.caller(given.access_token)
    refused = await client.post("/v1/tokens/refresh", json={"refresh_token": given.refresh_token})
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/tokens", '{"name":"a","password":"b","role":"admin"}'),
        ("/v1/tokens", '{"name":"a"}'),
        ("/v1/tokens", '{"name":"a\\u0000","password":"b"}'),
        ("/v1/tokens", '{"name":"\\ud800","password":"b"}'),
        ("/v1/tokens", '{"name":"a","password":"\\ud800"}'),
        ("/v1/tokens/refresh", '{"refresh_token":"' + "x" * 42 + '"}'),
        ("/v1/tokens/refresh", '{"refresh_token":null}'),
        ("/v1/tokens/revoke", "[]"),
    ],
)
async def test_what_is_no_question_is_refused(client: httpx.AsyncClient, path: str, body: str) -> None:
    answer = await client.post(path, content=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "VALIDATION_FAILED")


async def test_anybody_checks_a_token_with_the_published_keys(
    client: httpx.AsyncClient, identity: Identity, planner: UUID
) -> None:
    given = await identity.tokens.issue(planner)
    published = (await client.get("/.well-known/jwks.json")).json()
    assert all(key.keys() == {"kty", "n", "e", "use", "alg", "kid"} for key in published["keys"])
    read = jwt.decode(given.access_token, KeySet.import_key_set(published), ["RS256"])
    assert read.claims["sub"] == str(planner)


async def test_a_password_is_never_kept_and_has_twelve_characters(identity: Identity) -> None:
    made = await identity.people.add("Ben", PersonRole.VIEWER, PASSWORD)
    assert made.password_hash is not None
    assert made.password_hash.startswith("$argon2id$")
    with pytest.raises(ValidationFailed, match="12"):
        await identity.people.add("Eve", PersonRole.VIEWER, "short")


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 101, str(UUID(int=7)), UUID(int=7).hex])
async def test_a_persons_name_can_stand_in_the_ledger_and_is_no_agents(identity: Identity, name: str) -> None:
    with pytest.raises(ValidationFailed, match="name"):
        await identity.people.add(name, PersonRole.VIEWER, None)
