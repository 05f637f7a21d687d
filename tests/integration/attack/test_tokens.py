"""Forged, twisted and stale tokens on a real route: each is refused as no token at all."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from chimera.core.vocabulary import PersonRole, Role
from factories_attack import Served
from factories_identity import token_key_pem

pytestmark = pytest.mark.engines
ROUTE = "/v1/agents"
Json = dict[str, Any]


def our_key() -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(token_key_pem().encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def part(token: str, number: int) -> Json:
    text = token.split(".")[number]
    read: Json = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return read


def signed(header: Json | str, claims: Json | str, key: rsa.RSAPrivateKey | None = None) -> str:
    """RS256 over whatever these are."""
    texts = [given if isinstance(given, str) else json.dumps(given) for given in (header, claims)]
    body = ".".join(encoded(text.encode()) for text in texts)
    return f"{body}.{encoded((key or our_key()).sign(body.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def mac(header: Json, claims: Json, secret: bytes) -> str:
    body = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims).encode())}"
    return f"{body}.{encoded(hmac.digest(secret, body.encode(), hashlib.sha256))}"


def forgeries(token: str) -> dict[str, str]:
    """By what is wrong with each."""
    header, claims = part(token, 0), part(token, 1)
    head, body, signature = token.split(".")
    other = rsa.generate_private_key(65537, 2048)
    public = our_key().public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    modulus = public.public_numbers().n
    own_jwk = {"kty": "RSA", "n": encoded(other.public_key().public_numbers().n.to_bytes(256, "big")), "e": "AQAB"}
    made = {
        f"alg {alg}": f"{encoded(json.dumps(header | {'alg': alg}).encode())}.{body}.{end}"
        for alg in ("none", "None", "NONE", "", "RS512", "PS256", "ES256", "HS256")
        for end in ("", signature)
    }
    made |= {
        "HS256 with the public key": mac(header | {"alg": "HS256"}, claims, pem),
        "HS256 with the modulus": mac(header | {"alg": "HS256"}, claims, modulus.to_bytes(256, "big")),
        "HS256 with nothing": mac(header | {"alg": "HS256"}, claims, b""),
        "another's key under our kid": signed(header, claims, other),
        "another kid": signed(header | {"kid": "another"}, claims),
        "a kid that is a path": signed(header | {"kid": "../../../../dev/null"}, claims),
        "a kid that is SQL": signed(header | {"kid": "' or '1'='1"}, claims),
        "no kid": signed({name: header[name] for name in ("typ", "alg")}, claims),
        "another typ": signed(header | {"typ": "JWT"}, claims),
        "a key brought along": signed(header | {"jwk": own_jwk}, claims, other),
        "an address of keys": signed(header | {"jku": "http://127.0.0.1:1/jwks.json"}, claims, other),
        "an address of a certificate": signed(header | {"x5u": "http://127.0.0.1:1/x"}, claims),
        "critical": signed(header | {"crit": ["exp"]}, claims),
        "unencoded": signed(header | {"b64": False, "crit": ["b64"]}, claims),
        "packed": signed(header | {"zip": "DEF"}, claims),
        "alg named twice": signed(json.dumps(header)[:-1] + ',"alg":"none"}', claims),
        "role named twice": signed(header, json.dumps(claims)[:-1] + ',"role":"admin"}'),
        "no document": signed(header, "[1]"),
        "nested too deep": signed(header, '{"a":' + "[" * 1500),
        "signature cut": f"{head}.{body}.{signature[:-4]}",
        "signature changed": f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}",
        "signature padded": f"{token}==",
        "four parts": f"{token}.{signature}",
        "five parts": f"{head}..{body}.{signature}.x",
        "too long": token + "A" * 5000,
        "in quotes": f'"{token}"',
        "two": f"{token} {token}",
    }
    now = claims["iat"]
    for name, change in {
        "expired": {"iat": now - 7200, "exp": now - 3600},
        "good for a year": {"exp": now + 31_536_000},
        "of tomorrow": {"iat": now + 86_400, "exp": now + 90_000},
        "not before tomorrow": {"nbf": now + 86_400},
        "expiry in quotes": {"exp": str(claims["exp"])},
        "expiry beyond all calendars": {"exp": 10**30},
        "a true expiry": {"exp": True},
        "for another audience": {"aud": "another-api"},
        "for several audiences": {"aud": ["chimera-api", "another-api"]},
        "by another issuer": {"iss": "https://evil.example"},
        "for nobody": {"sub": "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000"},
        "for an id that is none": {"sub": "admin"},
        "with a role raised": {"role": "admin"},
        "with an unknown role": {"role": "root"},
        "with a scope raised": {"scope": claims["scope"] + " write:budget"},
        "with a claim of its own": {"admin": True},
    }.items():
        made[name] = signed(header, claims | change)
    made["without an expiry"] = signed(header, {name: value for name, value in claims.items() if name != "exp"})
    return made


async def test_the_true_token_is_taken_and_no_forged_one(served: Served) -> None:
    operator = served.tokens[PersonRole.OPERATOR]
    async with served.client(None) as client:

        async def status(token: str) -> tuple[int, str]:
            answer = await client.get(ROUTE, headers={"Authorization": f"Bearer {token}"})
            return answer.status_code, answer.json().get("error", {}).get("code", "")

        assert await status(operator) == (200, "")
        assert await status(signed(part(operator, 0), part(operator, 1))) == (200, "")
        for name, token in forgeries(operator).items():
            assert await status(token) == (401, "UNAUTHENTICATED"), name


async def test_a_token_counts_in_its_header_and_nowhere_else(served: Served) -> None:
    token = served.tokens[PersonRole.ADMIN]
    ways: list[Json] = [
        {"params": {"access_token": token}}, {"params": {"token": token}}, {"headers": {"Cookie": f"token={token}"}},
        {"headers": {"Authorization": token}}, {"headers": {"Authorization": f"Basic {token}"}},
        {"headers": {"Authorization": f"Token {token}"}}, {"headers": {"X-Authorization": f"Bearer {token}"}},
        {"headers": [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]},
    ]  # fmt: skip
    async with served.client(None) as client:
        for way in ways:
            for path in (ROUTE, "/v1/media/0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000/video.mp4"):
                assert (await client.get(path, **way)).status_code == 401, (path, way.keys())


async def test_revoked_and_retired_count_no_more(served: Served) -> None:
    identity = served.studio.identity
    given = await identity.tokens.issue(served.ids[Role.WORKER])
    gone = await identity.people.add("Gone too", PersonRole.ADMIN, None)
    token = (await identity.tokens.issue(gone.id)).access_token
    await identity.people.retire("Gone too")
    async with served.client(None) as client:
        await client.post("/v1/tokens/revoke", json={"token": given.access_token})
        for shown in (given.access_token, token, given.refresh_token):
            answer = await client.get(ROUTE, headers={"Authorization": f"Bearer {shown}"})
            assert answer.status_code == 401
