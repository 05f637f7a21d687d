"""Settings are right all together, or refused in one message that quotes no secret."""

import pickle
from decimal import Decimal
from pathlib import Path

import pytest

from chimera.config.settings import ALL_VARIABLES, SECRET_VARIABLES, Settings
from chimera.config.showing import shown_variables
from chimera.config.transport import Plaintext
from chimera.core.errors import ValidationFailed
from chimera.core.secret import Secret
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod

CANARY = "canary-5c1b0e9a"
SPECIFICATION = {
    "DATABASE_URL": "postgresql://user:pass@localhost:5432/chimera",
    "REDIS_URL": "redis://localhost:6379/0",
    "DAILY_BUDGET_LIMIT": "1000.00",
    "WEEKLY_BUDGET_LIMIT": "5000.00",
    "MONTHLY_BUDGET_LIMIT": "20000.00",
    "MIN_ROI_HURDLE_RATE": "1.5",
    "OPENAI_API_KEY": "sk-...",
    "ELEVENLABS_API_KEY": "...",
    "RUNWAY_API_KEY": "...",
    "S3_BUCKET": "chimera-assets",
    "S3_REGION": "us-east-1",
    "JWT_SECRET": "...",
    "CFO_PRIVATE_KEY": "...",
}


def nowhere(name: str) -> list[str]:
    return []


def refused(environment: dict[str, str]) -> str:
    with pytest.raises(ValidationFailed) as caught:
        Settings.from_environment(environment, nowhere)
    return caught.value.message


def test_every_variable_of_the_specification_is_read_by_its_name() -> None:
    settings = Settings.from_environment(SPECIFICATION, nowhere)
    for name, text in SPECIFICATION.items():
        value = getattr(settings, name.lower())
        assert value == (
            Secret(text) if name in SECRET_VARIABLES else Decimal(text) if isinstance(value, Decimal) else text
        )
    assert set(SPECIFICATION) <= set(ALL_VARIABLES)


def test_everything_wrong_stands_in_one_message() -> None:
    wrong = {
        "DATABASE_URL": f"postgresql://u:{CANARY}@db.example.org/x?sslmode=prefer",
        "REDIS_URL": f"redis://:{CANARY}@cache.example.org",
        "DAILY_BUDGET_LIMIT": "1000.01",
        "BUDGET_LIMIT_DAILY_STORAGE": "0",
        "BUDGET_LIMIT_DAYLY_COMPUTE": "5",
        "MIN_ROI_HURDLE_RATE": "high",
        "S3_BUCKET": "Not A Bucket",
        "S3_ENDPOINT_URL": "http://minio.example.org",
        "S3_KMS_KEY_ID": "alias/studio",
        "AWS_SECRET_ACCESS_KEY": CANARY,
        "OPENAI_API_KEY": "vault://kv/studio",
        "JWT_SECRET": "vault://kv/studio#jwt",
        "CFO_URL": "https://cfo.example.org",
        "CFO_PRIVATE_KEY": CANARY,
        "CHIMERA_ALLOW_PLAINTEXT": "databse",
        "CHIMERA_LOG_LEVEL": "loud",
        "VAULT_TOKEN": CANARY,
    }
    message = refused(wrong)
    told = set(wrong) - {"AWS_SECRET_ACCESS_KEY", "CFO_PRIVATE_KEY"} | {"AWS_ACCESS_KEY_ID"}
    assert not [name for name in told if f"{name}: " not in message]
    assert CANARY not in message


def test_a_misspelt_limit_is_refused_since_money_would_be_without_it() -> None:
    assert "BUDGET_LIMIT_DAILY_TOTAL: is no limit" in refused({"BUDGET_LIMIT_DAILY_TOTAL": "5"})
    settings = Settings.from_environment({"BUDGET_LIMIT_WEEKLY_COMPUTE": "7.5"}, nowhere)
    assert settings.budget_limit(BudgetPeriod.WEEKLY, BudgetCategory.COMPUTE) == Decimal("7.5")
    assert settings.budget_limit(BudgetPeriod.DAILY, BudgetCategory.COMPUTE) == Decimal(1000)


@pytest.mark.parametrize("name", sorted(SECRET_VARIABLES - {"CFO_TOKEN"}))
def test_every_secret_may_lie_in_a_file_and_not_in_both_places(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{CANARY}\n")
    assert f"{name}: is set together with {name}_FILE" in refused({name: "x", f"{name}_FILE": str(file)})
    shown = {variable.name: variable for variable in shown_variables({f"{name}_FILE": str(file)})}[name]
    assert (shown.source, shown.where, shown.is_set) == ("file", str(file), True)
    assert CANARY not in repr(shown)


def test_a_files_secret_is_its_text_without_the_end_of_the_line(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(b"-----BEGIN X-----\r\nabc\n-----END X-----\r\n\n")
    settings = Settings.from_environment({"JWT_SECRET_FILE": str(file)}, nowhere)
    assert settings.jwt_secret == Secret("-----BEGIN X-----\r\nabc\n-----END X-----")


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe" + CANARY.encode(), b"a\0b", b"x" * 70_000, None])
def test_a_file_that_holds_no_secret_is_refused_unquoted(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    message = refused({"OPENAI_API_KEY_FILE": str(file)})
    assert "OPENAI_API_KEY: OPENAI_API_KEY_FILE names" in message
    assert CANARY not in message


def test_plaintext_is_allowed_by_name_only() -> None:
    urls = {"DATABASE_URL": "postgresql://u@postgres/x?sslmode=disable", "REDIS_URL": "redis://redis/0"}
    settings = Settings.from_environment(urls | {"CHIMERA_ALLOW_PLAINTEXT": " database, redis"}, nowhere)
    assert settings.database_url == Secret(urls["DATABASE_URL"])
    assert settings.allows_plaintext(Plaintext.REDIS)
    assert not settings.allows_plaintext(Plaintext.S3)
    message = refused(urls | {"CHIMERA_ALLOW_PLAINTEXT": "database"})
    assert "REDIS_URL" in message
    assert "DATABASE_URL" not in message


def test_settings_show_no_secret() -> None:
    secrets = {name: CANARY for name in SECRET_VARIABLES if not name.endswith("_URL")} | {
        "DATABASE_URL": f"postgresql://u:{CANARY}@localhost/x?password={CANARY}",
        "DATABASE_OWNER_URL": f"postgresql://o:{CANARY}@localhost/x",
        "REDIS_URL": f"redis://:{CANARY}@localhost/0?password={CANARY}",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "VAULT_ADDR": "http://127.0.0.1:8200",
    }
    without_token = {name: text for name, text in secrets.items() if name != "CFO_TOKEN"}
    settings = Settings.from_environment(without_token, nowhere)
    texts = [repr(settings), str(settings), settings.model_dump_json(), repr(settings.model_dump())]
    texts += [repr(shown_variables(secrets))]
    assert not [text for text in texts if CANARY in text]
    with pytest.raises(TypeError):
        pickle.dumps(settings)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "postgresql://u:p@h1:1,h2:2/db?sslmode=verify-full&password=p",
            "postgresql://u@h1,h2:1,2/db?sslmode=verify-full",
        ),
        ("postgresql://h/db?passfile=p&sslpassword=p", "postgresql://h/db"),
        ("not a url with p@ss", "set, and not readable as a url"),
    ],
)
def test_a_database_is_shown_without_any_password(url: str, shown: str) -> None:
    found = {variable.name: variable.value for variable in shown_variables({"DATABASE_URL": url})}
    assert found["DATABASE_URL"] == shown
