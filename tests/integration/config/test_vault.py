"""Secrets out of HashiCorp Vault, over real HTTP, with everything it may answer."""

from collections.abc import Iterator

import pytest

from chimera.config.problem import VariableRefused
from chimera.config.references import VaultReference
from chimera.config.settings import Settings
from chimera.config.vault import ATTEMPTS_MAX, FIRST_PAUSE_SECONDS, Vault, VaultServer
from chimera.core.errors import EngineUnavailable, ValidationFailed
from chimera.core.secret import Secret
from doubles.vault import TOKEN, VaultDouble, running_vault

CANARY = "canary-of-vault"
PLACE = VaultReference("kv", "studio", "openai")


@pytest.fixture
def vault() -> Iterator[VaultDouble]:
    with running_vault() as double:
        double.put("kv", "studio", {"openai": "an older key", "elevenlabs": "e"})
        double.put("kv", "studio", {"openai": CANARY, "elevenlabs": "e", "number": 7, "empty": ""})
        yield double


def client(vault: VaultDouble, pauses: list[float] | None = None, **changes: str) -> Vault:
    server = VaultServer(
        changes.get("address", vault.address), Secret(changes.get("token", TOKEN)), changes.get("namespace")
    )
    return Vault(server, sleep=(pauses if pauses is not None else []).append)


def refusal(reading: Vault, place: VaultReference = PLACE) -> VariableRefused:
    with pytest.raises(VariableRefused) as caught:
        reading.field(place)
    assert CANARY not in caught.value.text
    assert TOKEN not in caught.value.text
    return caught.value


def test_a_secret_is_read_once_for_all_of_its_fields(vault: VaultDouble) -> None:
    environment = {
        "VAULT_ADDR": f"{vault.address}/",
        "VAULT_TOKEN": TOKEN,
        "OPENAI_API_KEY": "vault://kv/studio#openai",
        "ELEVENLABS_API_KEY": "vault://kv/studio#elevenlabs",
        "RUNWAY_API_KEY": "vault://kv/studio?version=1#openai",
    }
    settings = Settings.from_environment(environment)
    assert settings.openai_api_key == Secret(CANARY)
    assert settings.elevenlabs_api_key == Secret("e")
    assert settings.runway_api_key == Secret("an older key")
    assert [path for path, _ in vault.requests] == ["/v1/kv/data/studio", "/v1/kv/data/studio?version=1"]
    assert vault.requests[0][1]["x-vault-token"] == TOKEN


def test_urls_out_of_vault_are_checked_like_others(vault: VaultDouble) -> None:
    vault.put("kv", "urls", {"database": f"postgresql://u:{CANARY}@db.example.org/x?sslmode=require"})
    environment = {"VAULT_ADDR": vault.address, "VAULT_TOKEN": TOKEN, "DATABASE_URL": "vault://kv/urls#database"}
    with pytest.raises(ValidationFailed, match="DATABASE_URL: sslmode=require") as caught:
        Settings.from_environment(environment, lambda _: [])
    assert CANARY not in caught.value.message


def test_namespaces_are_apart(vault: VaultDouble) -> None:
    vault.put("kv", "studio", {"openai": "of the team"}, namespace="team")
    assert client(vault, namespace="team").field(PLACE) == "of the team"
    assert "refuses" in refusal(client(vault, namespace="others")).text


def test_a_token_reads_what_its_policy_says(vault: VaultDouble) -> None:
    vault.policies["hvs.narrow"] = ("kv/other/",)
    assert "no policy lets it read that" in refusal(client(vault, token="hvs.narrow")).text
    assert not refusal(client(vault, token="hvs.unknown")).passing


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        (VaultReference("kv", "nothing", "x"), "Vault has no kv/nothing"),
        (VaultReference("kv", "studio", "openai", 9), "Vault has no kv/studio version 9"),
        (VaultReference("kv", "studio", "runway"), "the field runway is not there"),
        (VaultReference("kv", "studio", "number"), "the field number is no text"),
        (VaultReference("kv", "studio", "empty"), "the field empty is no text"),
        (VaultReference("other", "studio", "x"), "Vault refuses other/studio"),
    ],
)
def test_what_is_not_there_is_named(vault: VaultDouble, place: VaultReference, sentence: str) -> None:
    assert sentence in refusal(client(vault), place).text


def test_a_deleted_secret_is_not_there(vault: VaultDouble) -> None:
    vault.put("kv", "studio", None)
    assert "Vault has no kv/studio" in refusal(client(vault)).text
    assert client(vault).field(VaultReference("kv", "studio", "openai", 2)) == CANARY


def test_passing_trouble_is_waited_out(vault: VaultDouble) -> None:
    vault.trouble = [(503, None), (429, "2"), (500, "900")]
    pauses: list[float] = []
    assert client(vault, pauses).field(PLACE) == CANARY
    assert pauses == [FIRST_PAUSE_SECONDS, 2.0, 5.0]


def test_a_sealed_vault_is_given_up_after_some_attempts(vault: VaultDouble) -> None:
    vault.sealed = True
    pauses: list[float] = []
    refused = refusal(client(vault, pauses))
    assert refused.passing
    assert "sealed" in refused.text
    assert (len(vault.requests), len(pauses)) == (ATTEMPTS_MAX, ATTEMPTS_MAX - 1)


def test_a_vault_that_is_not_there_is_an_engine_that_is_missing(vault: VaultDouble) -> None:
    assert refusal(client(vault, address="http://127.0.0.1:9")).passing
    environment = {
        "VAULT_ADDR": "http://127.0.0.1:9",
        "VAULT_TOKEN": CANARY,
        "OPENAI_API_KEY": "vault://kv/studio#openai",
    }
    with pytest.raises(EngineUnavailable, match=r"OPENAI_API_KEY: Vault at .* does not answer") as caught:
        Settings.from_environment(environment)
    assert CANARY not in caught.value.message


def test_a_redirect_is_not_followed_since_the_token_would_go_along(vault: VaultDouble) -> None:
    vault.trouble = [(307, None)]
    assert "answers 307" in refusal(client(vault)).text


def test_elsewhere_only_over_tls() -> None:
    environment = {
        "VAULT_ADDR": "http://vault.example.org:8200",
        "VAULT_TOKEN": CANARY,
        "OPENAI_API_KEY": "vault://kv/studio#openai",
    }
    with pytest.raises(ValidationFailed, match=r"VAULT_ADDR: goes to .* over plain http") as caught:
        Settings.from_environment(environment, lambda _: ["10.0.0.8"])
    assert CANARY not in caught.value.message
