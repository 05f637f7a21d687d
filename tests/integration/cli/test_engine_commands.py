"""`chimera engines`, `chimera env` and `chimera doctor` on a home of their own."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from chimera.cli import doctor, engines, environment
from chimera.core.errors import Conflict, EngineUnavailable
from chimera.storage.engines.opening import embedded_servers, open_engines


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The commands' home; their environment names no external server."""
    folder = tmp_path / "home"
    monkeypatch.setenv("CHIMERA_HOME", str(folder))
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    yield folder
    for server in embedded_servers(folder):
        server.stop(in_use_too=True)


async def test_started_engines_stay_are_shown_reached_by_env_and_stopped(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await engines.start(json=True)
    started = json.loads(capsys.readouterr().out)
    assert [(engine["running"], engine["kept"], engine["in_use"]) for engine in started["engines"]] == [
        (True, True, False)
    ] * 2
    await environment.env()
    urls = dict(line.split("=", maxsplit=1) for line in capsys.readouterr().out.splitlines())
    with psycopg.connect(urls["DATABASE_URL"]) as connection:
        shown = connection.execute("SELECT current_database()::text, current_user::text").fetchone()
        assert shown == ("chimera", "chimera_app")
    await environment.env(owner=True, json=True)
    with psycopg.connect(json.loads(capsys.readouterr().out)["DATABASE_OWNER_URL"]) as connection:
        assert connection.execute("SELECT current_user::text").fetchone() == ("chimera",)
    with redis.Redis.from_url(urls["REDIS_URL"]) as state:
        assert state.ping()
    await engines.stop(json=True)
    assert [engine["running"] for engine in json.loads(capsys.readouterr().out)["engines"]] == [False, False]


async def test_env_without_running_engines_tells_how_to_start_them(home: Path) -> None:
    with pytest.raises(EngineUnavailable, match="chimera engines start"):
        await environment.env()


async def test_env_gives_external_urls_as_they_are(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/x")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    await environment.env(json=True)
    assert json.loads(capsys.readouterr().out) == {
        "DATABASE_URL": "postgresql://127.0.0.1:1/x",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }


async def test_the_owners_url_is_the_given_one_or_the_only_one(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@127.0.0.1:1/x")
    await environment.env(owner=True, json=True)
    assert json.loads(capsys.readouterr().out)["DATABASE_OWNER_URL"] == "postgresql://app@127.0.0.1:1/x"
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://owner@127.0.0.1:1/x")
    await environment.env(owner=True, json=True)
    assert json.loads(capsys.readouterr().out)["DATABASE_OWNER_URL"] == "postgresql://owner@127.0.0.1:1/x"


async def test_engines_in_use_are_not_stopped_under_their_user(home: Path) -> None:
    async with open_engines(home, None, None):
        with pytest.raises(Conflict, match="still in use"):
            await engines.stop()


async def test_the_table_names_both_engines(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await engines.status()
    shown = capsys.readouterr().out
    assert "PostgreSQL" in shown
    assert "Valkey" in shown


async def test_the_doctor_prints_one_document_and_starts_nothing(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await _doctor()
    found = {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert found["PostgreSQL"]["state"] == "local"
    assert "starts when needed" in found["PostgreSQL"]["detail"]
    assert home not in _entries(home.parent)


async def test_the_doctor_tells_an_unreachable_server_and_ends_with_5(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/x")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    assert await _doctor() == 5
    found = {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert found["PostgreSQL"]["state"] == found["Redis"]["state"] == "missing"
    assert "DATABASE_URL" in found["PostgreSQL"]["remedy"]


async def test_the_doctor_reads_the_version_of_servers_it_reaches(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], postgres_url: str, redis_url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    await _doctor()
    found = {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert found["PostgreSQL"]["state"] == found["Redis"]["state"] == "real"


async def _doctor() -> int:
    try:
        await doctor.doctor(json=True)
    except SystemExit as ended:
        return int(str(ended.code))
    return 0


def _entries(folder: Path) -> list[Path]:
    return [folder / name for name in os.listdir(folder)]
