"""Secrets out of AWS Secrets Manager, asked of moto's server over real HTTP."""

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from chimera.config.settings import Settings
from chimera.core.errors import ChimeraError, EngineUnavailable, ValidationFailed
from chimera.core.secret import Secret

CANARY = "canary-of-aws"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "a-secret-access-key", "AWS_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture(scope="module")
def store(endpoint: str) -> Any:
    session: Any = import_module("botocore.session")
    client = session.get_session().create_client(
        "secretsmanager",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )
    client.create_secret(Name="studio/prod", SecretString=json.dumps({"openai": "an older key"}))
    client.put_secret_value(SecretId="studio/prod", SecretString=json.dumps({"openai": CANARY, "number": 7}))
    client.create_secret(Name="plain", SecretString=CANARY)
    client.create_secret(Name="binary", SecretBinary=b"\x00\x01")
    return client


def settings_of(endpoint: str, **variables: str) -> Settings:
    return Settings.from_environment(KEYS | {"AWS_ENDPOINT_URL_SECRETS_MANAGER": endpoint} | variables)


def refused(endpoint: str, **variables: str) -> ChimeraError:
    with pytest.raises(ChimeraError) as caught:
        settings_of(endpoint, **variables)
    assert CANARY not in caught.value.message
    return caught.value


def test_a_secret_is_its_text_or_a_key_of_its_json(endpoint: str, store: Any) -> None:
    arn = store.describe_secret(SecretId="studio/prod")["ARN"]
    settings = settings_of(
        endpoint,
        OPENAI_API_KEY="aws-sm://studio/prod#openai",
        ELEVENLABS_API_KEY="aws-sm://plain",
        RUNWAY_API_KEY=f"aws-sm://{arn}#openai",
        JWT_SECRET="aws-sm://studio/prod?version-stage=AWSPREVIOUS#openai",
    )
    assert settings.openai_api_key == settings.elevenlabs_api_key == settings.runway_api_key == Secret(CANARY)
    assert settings.jwt_secret == Secret("an older key")


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("aws-sm://nothing", "has no secret of that name"),
        ("aws-sm://studio/prod?version-id=00000000-0000-0000-0000-000000000000#openai", "has no secret of that name"),
        ("aws-sm://studio/prod#runway", "the key runway is not a text"),
        ("aws-sm://studio/prod#number", "the key number is not a text"),
        ("aws-sm://plain#openai", "plain of AWS Secrets Manager is no JSON object"),
        ("aws-sm://binary", "is binary"),
    ],
)
def test_what_is_not_there_is_named(endpoint: str, store: Any, reference: str, sentence: str) -> None:
    assert isinstance(failure := refused(endpoint, OPENAI_API_KEY=reference), ValidationFailed)
    assert sentence in failure.message


def test_a_store_that_does_not_answer_is_an_engine_that_is_missing() -> None:
    failure = refused("http://127.0.0.1:9", OPENAI_API_KEY="aws-sm://plain")
    assert isinstance(failure, EngineUnavailable)
    assert "EndpointConnectionError" in failure.message


def test_elsewhere_only_over_tls() -> None:
    variables = {"AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://10.0.0.9", "OPENAI_API_KEY": "aws-sm://plain"}
    with pytest.raises(ValidationFailed, match="CHIMERA_ALLOW_PLAINTEXT=aws-sm"):
        Settings.from_environment(KEYS | variables)


def test_without_its_package_the_extra_is_named(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    assert "chimera-studio[aws]" in refused(endpoint, OPENAI_API_KEY="aws-sm://plain").message
