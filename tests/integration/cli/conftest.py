"""A studio's environment for commands: a home of its own on the test servers."""

from pathlib import Path

import pytest


@pytest.fixture
def studio_environment(tmp_path: Path, database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What commands read: CHIMERA_HOME and the urls; no other setting is set."""
    monkeypatch.setenv("CHIMERA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("LOGNAME", "ana")
