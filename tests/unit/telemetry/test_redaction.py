"""No secret is shown in a log line, whatever its place, and what is none stays readable."""

import json
import secrets
import string
from typing import Any
from uuid import UUID

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from chimera.telemetry.redaction import HIDDEN, SECRETS_MAX, Secrets, is_secret_name, redact, redacted

_URL_SAFE = string.ascii_letters + string.digits + "-_"
_HEX = "0123456789abcdef"
words = st.text(string.ascii_lowercase + " .,", max_size=40)
base64url = st.text(_URL_SAFE, min_size=24, max_size=80)
secret_names = st.sampled_from(
    ["password", "db_password", "Authorization", "api_key", "OPENAI_API_KEY", "token", "refresh_token", "access-token",
     "JWT_SECRET", "CFO_PRIVATE_KEY", "Set-Cookie", "client_secret", "credentials", "x-api-key", "SESSION_ID"]
)  # fmt: skip


@st.composite
def shaped(draw: st.DrawFn) -> tuple[str, str]:
    """A secret inside the text it comes in."""
    secret = draw(base64url.filter(lambda text: any(letter.isalnum() for letter in text)))
    form = draw(
        st.sampled_from(
            ["Authorization: Bearer {}", "bearer {}", "eyJhbGciOi.eyJzdWIi.{}", "postgresql://user:{}@host:5432/db",
             "redis://:{}@host/0", "sk-{}", "hvs.{}", "password={}", '"api_key": "{}"', "chimera_refresh_{}",
             "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----"]
        )
    )  # fmt: skip
    return secret, form.format(secret)


@given(shaped(), words, words)
def test_a_secret_of_a_known_shape_is_hidden_in_any_text(found: tuple[str, str], before: str, after: str) -> None:
    secret, text = found
    assert secret not in redacted(f"{before} {text} {after}", Secrets())


@given(secret_names, st.text(min_size=1, max_size=50) | st.binary(min_size=1) | st.lists(st.text(), min_size=1))
def test_whatever_stands_under_a_secret_name_is_hidden(name: str, value: object) -> None:
    assert redacted({"outer": [{name: value}]}, Secrets()) == {"outer": [{name: HIDDEN}]}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=10,
)


@given(st.text(min_size=8, max_size=60).map(str.strip).filter(lambda text: len(text) >= 8), json_values, words)
def test_a_known_secret_is_hidden_wherever_it_stands(secret: str, value: Any, around: str) -> None:
    known = Secrets()
    known.register([secret])
    parts = [part for part in secret.splitlines() if len(part.strip()) >= 6]
    shown = redacted({"a": value, "deep": [{"text": f"{around}{secret}{around}"}], secret: 1}, known)
    texts = _texts(shown["deep"]) + [str(key) for key in shown]
    assert not any(secret in text for text in texts)
    assert not any(part.strip() in text for part in parts for text in texts if HIDDEN not in part)


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in [str(key), *_texts(item)]]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [str(value)]


def test_the_tokens_that_chimera_makes_are_hidden_without_being_known() -> None:
    for _ in range(200):
        token = secrets.token_urlsafe(32)
        assert token not in redacted(f"refused {token} twice", Secrets())


@pytest.mark.parametrize(
    "text",
    [
        "content 01a2060f-1116-74c8-a236-9e7fa0b2fd91 was published after 12.5 s",
        "http://127.0.0.1:8000/watch/0011223344556677",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "PostgreSQL can't be reached: connection refused",
        "2026-11-23T01:39:43.678120+00:00",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert redacted(text, Secrets()) == text


@pytest.mark.parametrize("name", ["request_id", "content_id", "key", "author", "monkey", "state", "tasks", "problem"])
def test_ordinary_names_are_no_secret_names(name: str) -> None:
    assert not is_secret_name(name)


def test_numbers_under_a_secret_name_stay_since_they_only_count() -> None:
    assert redacted({"tokens": 512}, Secrets()) == {"tokens": 512}


def test_a_value_that_can_not_be_shown_does_not_stop_the_line() -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError

    assert redacted({"a": Broken()}, Secrets()) == {"a": "<Broken: RuntimeError>"}


def test_what_refers_to_itself_is_cut_off() -> None:
    endless: dict[str, object] = {}
    endless["self"] = endless
    assert "too deep" in json.dumps(redacted(endless, Secrets()))


def test_more_secrets_than_can_be_looked_for_are_refused() -> None:
    with pytest.raises(ValueError, match="secrets"):
        Secrets().register(f"secret-number-{number}" for number in range(SECRETS_MAX + 1))


def test_a_traceback_shows_no_secret_of_its_message_or_its_variables() -> None:
    secret = "-".join(["Tr0ubador", "and", "3"])

    def fail(password: str) -> None:
        raise OSError(f"no login with redis://:{password}@host/0")

    try:
        fail(secret)
    except OSError as error:
        line = structlog.processors.format_exc_info(None, "error", {"event": "lost", "exc_info": error})
    shown = json.dumps(redact(None, "error", line))
    assert secret not in shown
    assert "OSError" in shown


def test_ids_are_shown_as_they_are() -> None:
    request_id = UUID(int=7)
    assert redacted({"request_id": request_id}, Secrets()) == {"request_id": str(request_id)}
