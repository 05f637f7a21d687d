"""Every way to show what is no access token of ours, one attack a test."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from chimera.core.clock import FixedClock
from chimera.core.errors import Unauthenticated
from chimera.core.vocabulary import PersonRole, Role
from chimera.security.access_tokens import (
    EARLY,
    LIFETIME,
    TOKEN_CHARACTERS_MAX,
    UnknownKey,
    issue_access_token,
    read_access_token,
)
from chimera.security.permissions import Caller
from chimera.security.token_keys import KEY_BITS_MIN, SigningTokenKey, new_private_pem, signing_token_key
from factories_identity import token_key_pem

AGENT = UUID("0190aaaa-bbbb-7ccc-8ddd-eeeeffff0001")
TOKEN_ID = UUID("0190aaaa-bbbb-7ccc-8ddd-eeeeffff0002")


@pytest.fixture(scope="module")
def key() -> SigningTokenKey:
    return signing_token_key(token_key_pem().encode())


@pytest.fixture(scope="module")
def other_key() -> SigningTokenKey:
    return signing_token_key(new_private_pem(KEY_BITS_MIN))


@pytest.fixture
def read(key: SigningTokenKey, clock: FixedClock) -> Callable[[str], object]:
    known = {key.kid: key.key}
    return lambda token: read_access_token(token, known.get, clock.now())


@pytest.fixture
def token(key: SigningTokenKey, clock: FixedClock) -> str:
    return issue_access_token(Caller(AGENT, Role.PLANNER), key, token_id=TOKEN_ID, now=clock.now())


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def document(segment: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(segment + "=="))
    return read


def signed(key: SigningTokenKey, claims: dict[str, Any], **header: Any) -> str:
    """Signed by us, which no attacker can: for what a mistake of ours, or of another of our programs, could issue."""
    told = {"typ": "at+jwt", "alg": "RS256", "kid": key.kid, **header}
    return jwt.encode(told, claims, key.key, ["RS256"], default_type=None)


def signed_text(key: SigningTokenKey, header: str, payload: str) -> str:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    private = key.key.private_key
    assert private is not None
    signing_input = f"{b64(header.encode())}.{b64(payload.encode())}"
    return f"{signing_input}.{b64(private.sign(signing_input.encode(), PKCS1v15(), SHA256()))}"


def test_a_token_says_whose_it_is(token: str, key: SigningTokenKey, clock: FixedClock) -> None:
    claims = read_access_token(token, {key.kid: key.key}.get, clock.now())
    assert (claims.subject, claims.role, claims.token_id, claims.session) == (AGENT, Role.PLANNER, TOKEN_ID, None)
    assert claims.scope == "read:budget read:content_pipeline read:trends write:tasks"
    assert (claims.issued_at, claims.expires_at) == (clock.now(), clock.now() + timedelta(hours=1))
    header, payload, _ = token.split(".")
    assert document(header) == {"typ": "at+jwt", "alg": "RS256", "kid": key.kid}
    assert document(payload).keys() == {"iss", "aud", "sub", "exp", "iat", "jti", "role", "scope"}


def test_a_persons_token_has_its_role(key: SigningTokenKey, clock: FixedClock) -> None:
    given = issue_access_token(Caller(AGENT, PersonRole.FINANCE, name="Anna"), key, token_id=TOKEN_ID, now=clock.now())
    assert read_access_token(given, {key.kid: key.key}.get, clock.now()).role is PersonRole.FINANCE


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", ""])
def test_no_algorithm_is_no_signature(token: str, read: Callable[[str], object], alg: str) -> None:
    header = {**document(token.split(".", maxsplit=1)[0]), "alg": alg}
    for signature in ("", "AA", token.split(".")[2]):
        with pytest.raises(Unauthenticated):
            read(f"{b64(json.dumps(header).encode())}.{token.split('.')[1]}.{signature}")


@pytest.mark.parametrize("form", ["pem", "der", "modulus"])
def test_the_public_key_is_no_shared_secret(
    token: str, key: SigningTokenKey, read: Callable[[str], object], form: str
) -> None:
    secrets = {
        "pem": key.public_pem.encode(),
        "der": key.key.as_der(private=False),
        "modulus": key.key.as_dict(private=False)["n"].encode(),  # type: ignore[union-attr]
    }
    header = b64(json.dumps({**document(token.split(".", maxsplit=1)[0]), "alg": "HS256"}).encode())
    signing_input = f"{header}.{token.split('.')[1]}"
    forged = b64(hmac.digest(secrets[form], signing_input.encode(), hashlib.sha256))
    with pytest.raises(Unauthenticated):
        read(f"{signing_input}.{forged}")


@pytest.mark.parametrize("alg", ["RS384", "RS512", "PS256"])
def test_another_algorithm_of_the_same_key_is_refused(
    token: str, key: SigningTokenKey, read: Callable[[str], object], alg: str
) -> None:
    claims = document(token.split(".")[1])
    given = jwt.encode({"alg": alg, "kid": key.kid}, claims, key.key, [alg], default_type="at+jwt")
    with pytest.raises(Unauthenticated, match="RS256"):
        read(given)


def test_a_token_under_another_key_is_refused_whatever_id_it_names(
    other_key: SigningTokenKey, key: SigningTokenKey, read: Callable[[str], object], clock: FixedClock
) -> None:
    caller = Caller(AGENT, Role.PLANNER)
    with pytest.raises(UnknownKey):
        read(issue_access_token(caller, other_key, token_id=TOKEN_ID, now=clock.now()))
    pretending = SigningTokenKey(key.kid, other_key.key)
    with pytest.raises(Unauthenticated, match="signature"):
        read(issue_access_token(caller, pretending, token_id=TOKEN_ID, now=clock.now()))


@pytest.mark.parametrize("kid", [None, 7, "", "../../etc/passwd", "x' OR '1'='1", ["a"], {"a": 1}])
def test_a_key_id_that_is_none_is_refused(
    token: str, key: SigningTokenKey, read: Callable[[str], object], kid: object
) -> None:
    header = json.dumps({**document(token.split(".", maxsplit=1)[0]), "kid": kid})
    with pytest.raises(Unauthenticated):
        read(signed_text(key, header, json.dumps(document(token.split(".")[1]))))


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "x5t", "crit", "b64", "zip", "cty"])
def test_a_header_brings_nothing_along(
    token: str, key: SigningTokenKey, other_key: SigningTokenKey, read: Callable[[str], object], name: str
) -> None:
    """A key of the attacker's own, its address, or an extension that a lax reader would follow."""
    brought: dict[str, object] = {
        "jwk": other_key.key.as_dict(private=False),
        "crit": ["b64"],
        "b64": False,
        "x5c": ["MIIB"],
    }
    header = {**document(token.split(".", maxsplit=1)[0]), name: brought.get(name, "https://attacker.example/keys")}
    payload = json.dumps(document(token.split(".")[1]))
    for signer in (other_key, key):
        with pytest.raises(Unauthenticated, match="header"):
            read(signed_text(signer, json.dumps(header), payload))


@pytest.mark.parametrize("typ", ["JWT", "at+JWT", "", 7, None])
def test_another_kind_of_token_is_refused(
    token: str, key: SigningTokenKey, read: Callable[[str], object], typ: object
) -> None:
    header = json.dumps({**document(token.split(".", maxsplit=1)[0]), "typ": typ})
    with pytest.raises(Unauthenticated):
        read(signed_text(key, header, json.dumps(document(token.split(".")[1]))))


def test_a_name_that_stands_twice_is_refused(token: str, key: SigningTokenKey, read: Callable[[str], object]) -> None:
    header, payload = (json.dumps(document(segment)) for segment in token.split(".")[:2])
    twice = [
        (header, payload[:-1] + ', "role": "admin"}'),
        (header, '{"role": "admin", ' + payload[1:]),
        (header[:-1] + ', "alg": "none"}', payload),
        (header[:-1] + ', "alg": "RS256"}', payload),
    ]
    read(signed_text(key, header, payload))
    for claimed in twice:
        with pytest.raises(Unauthenticated):
            read(signed_text(key, *claimed))


def test_an_expired_token_is_refused(token: str, read: Callable[[str], object], clock: FixedClock) -> None:
    clock.advance(LIFETIME - timedelta(seconds=1))
    read(token)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(Unauthenticated, match="expired"):
        read(token)


def test_a_token_of_the_future_is_refused(
    key: SigningTokenKey, read: Callable[[str], object], clock: FixedClock
) -> None:
    caller = Caller(AGENT, Role.PLANNER)
    read(issue_access_token(caller, key, token_id=TOKEN_ID, now=clock.now() + EARLY))
    late = issue_access_token(caller, key, token_id=TOKEN_ID, now=clock.now() + EARLY + timedelta(seconds=1))
    with pytest.raises(Unauthenticated, match="not valid yet"):
        read(late)
    claims = document(issue_access_token(caller, key, token_id=TOKEN_ID, now=clock.now()).split(".")[1])
    with pytest.raises(Unauthenticated, match="not valid yet"):
        read(signed(key, {**claims, "nbf": claims["iat"] + 600}))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "somebody-else"},
        {"aud": ["chimera-api"]},
        {"aud": ["chimera-api", "somebody-else"]},
        {"aud": None},
        {"iss": "https://attacker.example"},
        {"iss": None},
        {"iss": ["chimera"]},
    ],
)
def test_a_token_for_or_from_somebody_else_is_refused(
    token: str, key: SigningTokenKey, read: Callable[[str], object], changes: dict[str, object]
) -> None:
    with pytest.raises(Unauthenticated, match="issuer or audience"):
        read(signed(key, {**document(token.split(".")[1]), **changes}))


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": "9999999999"},
        {"exp": 1e400},
        {"exp": 99999999999999999999},
        {"exp": None},
        {"exp": True},
        {"iat": -1.5},
        {"sub": "admin"},
        {"sub": 7},
        {"sub": None},
        {"jti": "again"},
        {"role": "root"},
        {"role": ["admin"]},
        {"role": "Admin"},
        {"scope": ["read:ledger"]},
        {"scope": None},
        {"sid": "x"},
        {"nbf": "now"},
        {"admin": True},
    ],
    ids=str,
)
def test_a_claim_of_another_form_is_refused(
    token: str, key: SigningTokenKey, read: Callable[[str], object], changes: dict[str, object]
) -> None:
    header, payload = (document(segment) for segment in token.split(".")[:2])
    with pytest.raises(Unauthenticated):
        read(signed_text(key, json.dumps(header), json.dumps({**payload, **changes})))


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "exp", "iat", "jti", "role", "scope"])
def test_a_missing_claim_is_refused(
    token: str, key: SigningTokenKey, read: Callable[[str], object], claim: str
) -> None:
    claims = document(token.split(".")[1])
    del claims[claim]
    with pytest.raises(Unauthenticated, match="claims"):
        read(signed(key, claims))


def test_a_token_that_lives_longer_than_an_hour_is_refused(
    token: str, key: SigningTokenKey, read: Callable[[str], object]
) -> None:
    claims = document(token.split(".")[1])
    with pytest.raises(Unauthenticated, match="longer"):
        read(signed(key, {**claims, "exp": claims["exp"] + 1}))


def test_one_changed_character_breaks_a_token(token: str, read: Callable[[str], object]) -> None:
    header, payload, signature = token.split(".")
    for part, segments in (
        (payload, lambda changed: (header, changed, signature)),
        (signature, lambda changed: (header, payload, changed)),
    ):
        changed = part[:20] + ("A" if part[20] != "A" else "B") + part[21:]
        with pytest.raises(Unauthenticated):
            read(".".join(segments(changed)))


@pytest.mark.parametrize(
    "shown",
    [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c.d",
        "a.b.c.d.e",
        "a b.c.d",
        "é.b.c",
        "\ud800.b.c",
        "W10.W10.W10",
        "e30.e30.e30",
        "A.A.A",
        "a.b.c\n",
        '{"payload":"","signatures":[]}',
        "x" * (TOKEN_CHARACTERS_MAX + 1),
        "a" * 900 + "." + "b" * 2400 + "." + "c" * 1300,
        b64(b"[" * 700) + ".e30.e30",
    ],
    ids=lambda shown: repr(shown)[:20],
)
def test_what_is_no_token_is_refused(read: Callable[[str], object], shown: str) -> None:
    with pytest.raises(Unauthenticated):
        read(shown)


def test_a_padded_or_differently_spelled_token_is_refused(token: str, read: Callable[[str], object]) -> None:
    for shown in (token + "=", token + " ", " " + token, token.replace("-", "+").replace("_", "/") + "+"):
        with pytest.raises(Unauthenticated):
            read(shown)


def test_a_key_of_another_kind_does_not_stand_in(token: str, clock: FixedClock, other_key: SigningTokenKey) -> None:
    public_only = RSAKey.import_key(other_key.public_pem)
    with pytest.raises(Unauthenticated, match="signature"):
        read_access_token(token, lambda _: public_only, clock.now())
