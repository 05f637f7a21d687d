"""Settings can name every secret they hold, for whoever must hide them."""

from pathlib import Path

from chimera.config.settings import Settings


def test_settings_name_the_secrets_that_are_set_and_nothing_else(tmp_path: Path) -> None:
    given = {
        "CHIMERA_HOME": str(tmp_path),
        "OPENAI_API_KEY": "sk-one",
        "RUNWAY_API_KEY": "key-two",
        "S3_REGION": "eu-west-1",
    }

    assert sorted(secret.reveal() for secret in Settings.from_environment(given).secrets()) == ["key-two", "sk-one"]
