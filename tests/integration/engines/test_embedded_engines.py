"""The embedded engines really started, shared, kept, killed and recovered: nothing is left running, no row is lost."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest
import redis
from sqlalchemy import create_engine, text

import chimera
from chimera.storage.engines.folder import engine_folder
from chimera.storage.engines.opening import EngineUrls, embedded_servers, open_engines, statuses
from chimera.storage.engines.postgresql import Postgresql
from chimera.storage.engines.process import find_orphans
from chimera.storage.engines.valkey import Valkey

Living = Callable[[], dict[str, psutil.Process]]
UseHome = Callable[[int], list["EngineUser"]]
USER_PROGRAM = Path(__file__).with_name("engine_user.py")
SOURCE_FOLDER = Path(chimera.__file__).parents[1]


@dataclass(frozen=True, slots=True)
class EngineUser:
    """Another process on the home, and what it was told."""

    process: subprocess.Popen[str]
    said: dict[str, str]

    def finish(self) -> None:
        """Let it end as usual."""
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home not made yet; whatever runs there at the end is stopped."""
    folder = tmp_path / "home"
    yield folder
    for server in embedded_servers(folder):
        server.stop(in_use_too=True)


@pytest.fixture
def use_home(home: Path) -> Iterator[UseHome]:
    """Start several processes at once on the home, and wait until each has its urls (or a refusal)."""
    started: list[subprocess.Popen[str]] = []

    def start(count: int) -> list[EngineUser]:
        processes = [_start_user(home) for _ in range(count)]
        started.extend(processes)
        return [EngineUser(process, _first_line(process)) for process in processes]

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            process.communicate()


@pytest.fixture
def living(home: Path) -> Living:
    """The living main processes of the home's engines, found by looking at every process."""

    def look() -> dict[str, psutil.Process]:
        found = {}
        for engine in (Postgresql(), Valkey()):
            folder = engine_folder(home, engine.key)
            if folder.password():
                for process in find_orphans(engine.process_names, folder.mark()):
                    found[engine.key] = process
        return found

    return look


@pytest.fixture
def stranger() -> Iterator[psutil.Process]:
    """A living process that has nothing to do with Chimera."""
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    yield psutil.Process(child.pid)
    child.communicate()


async def test_a_new_home_gives_both_engines_and_the_second_start_finds_what_was_written(
    home: Path, living: Living
) -> None:
    async with open_engines(home, None, None) as urls:
        _write(urls.owner_url, "first")
        with redis.Redis.from_url(urls.redis_url) as state:
            state.set("task", "kept")
    assert living() == {}
    async with open_engines(home, None, None) as urls:
        assert _notes(urls.owner_url) == ["first"]
        with redis.Redis.from_url(urls.redis_url) as state:
            assert state.get("task") == b"kept"


async def test_the_engines_are_durable_bounded_and_ask_for_the_password(home: Path) -> None:
    async with open_engines(home, None, None) as urls:
        with psycopg.connect(urls.database_url) as connection:
            shown = connection.execute(
                "SELECT current_setting('fsync'), current_setting('server_encoding'), "
                "(SELECT datlocale FROM pg_database WHERE datname = 'chimera'), current_setting('data_checksums')"
            ).fetchone()
            assert shown == ("on", "UTF8", "C.UTF-8", "on")
        assert "password" in _refusal(urls.database_url.replace("chimera_app:", "chimera_app:wrong"))
        assert "password" in _refusal(str(urls.owner_url).replace("chimera:", "chimera:wrong"))
        with redis.Redis.from_url(urls.redis_url) as state:
            settings = state.config_get("*")
            assert settings["appendonly"] == "yes"
            assert settings["maxmemory-policy"] == "noeviction"
            assert int(settings["maxmemory"]) > 0
        with redis.Redis.from_url(urls.redis_url.replace(":", ":wrong", 2).replace(":wrong", ":", 1)) as stranger:
            assert _is_refused(stranger)


async def test_sqlalchemy_reads_the_url_as_it_is(home: Path) -> None:
    async with open_engines(home, None, "redis://elsewhere/0") as urls:
        engine = create_engine(urls.database_url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.connect() as connection:
            assert connection.execute(text("SELECT current_database()")).scalar() == "chimera"
        engine.dispose()


async def test_given_urls_pass_through_and_start_nothing(home: Path) -> None:
    async with open_engines(home, "postgresql://elsewhere/x", "redis://elsewhere/7") as urls:
        assert urls == EngineUrls("postgresql://elsewhere/x", "redis://elsewhere/7")
    async with open_engines(home, "postgresql://a@b/x", "redis://elsewhere/7", "postgresql://o@b/x") as urls:
        assert urls.owner_url == "postgresql://o@b/x"
    assert home not in await asyncio.to_thread(_entries, home.parent)


async def test_ten_processes_at_once_share_one_pair_of_engines_and_the_last_one_stops_them(
    use_home: UseHome, living: Living
) -> None:
    users = use_home(10)
    assert len({user.said["database"] for user in users}) == 1
    assert len({user.said["redis"] for user in users}) == 1
    for user in users[1:]:
        user.finish()
    assert set(living()) == {"postgresql", "valkey"}
    _write(users[0].said["owner"], "the last one still works")
    users[0].finish()
    assert living() == {}


async def test_engines_kept_on_purpose_outlive_their_users_until_stopped(home: Path, living: Living) -> None:
    servers = embedded_servers(home)
    await asyncio.gather(*(asyncio.to_thread(server.keep) for server in servers))
    async with open_engines(home, None, None):
        pass
    assert set(living()) == {"postgresql", "valkey"}
    assert [(status.running, status.kept, status.in_use) for status in await statuses(home)] == [
        (True, True, False)
    ] * 2
    for server in servers:
        await asyncio.to_thread(server.stop, in_use_too=False)
    assert living() == {}


async def test_stopping_engines_in_use_waits_for_their_user(home: Path, living: Living) -> None:
    servers = embedded_servers(home)
    async with open_engines(home, None, None):
        for server in servers:
            found = await asyncio.to_thread(server.stop, in_use_too=False)
            assert found.running
    assert living() == {}


async def test_looking_at_a_home_that_is_not_there_makes_nothing(home: Path) -> None:
    assert [status.running for status in await statuses(home)] == [False, False]
    assert home not in await asyncio.to_thread(_entries, home.parent)


async def test_a_taken_port_is_no_problem(home: Path) -> None:
    async with open_engines(home, None, "redis://elsewhere/0"):
        port = (await statuses(home))[0].port
    assert port is not None
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        async with open_engines(home, None, "redis://elsewhere/0") as urls:
            assert f":{port}/" not in urls.database_url


async def test_a_start_cancelled_half_way_leaves_nothing_running(home: Path, living: Living) -> None:
    opened = asyncio.Event()

    async def use() -> None:
        async with open_engines(home, None, None):
            opened.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(use())
    async with asyncio.timeout(30):
        await asyncio.to_thread(_wait_for_file, home / "engines" / "postgresql" / "server.log")
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert not opened.is_set()
    assert living() == {}


async def test_a_home_with_a_very_long_path_works(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-rather-long-folder-name"] * 12)
    async with open_engines(deep, None, None) as urls:
        _write(urls.owner_url, "deep")


async def test_after_kill_9_of_everything_the_next_start_loses_no_committed_row(
    home: Path, use_home: UseHome, living: Living
) -> None:
    for round_ in ("1", "2"):
        user = use_home(1)[0]
        _write(user.said["owner"], round_)
        user.kill()
        _kill(list(living().values()))
        assert living() == {}
    async with open_engines(home, None, None) as urls:
        assert _notes(urls.owner_url) == ["1", "2"]


async def test_engines_whose_user_was_killed_are_adopted_by_the_next_one_and_end_with_it(
    home: Path, use_home: UseHome, living: Living
) -> None:
    use_home(1)[0].kill()
    orphans = living()
    assert set(orphans) == {"postgresql", "valkey"}
    async with open_engines(home, None, None):
        assert {name: process.pid for name, process in living().items()} == {
            name: process.pid for name, process in orphans.items()
        }
    assert living() == {}


async def test_a_killed_postgres_is_started_again_where_it_was_so_that_other_users_find_it(
    home: Path, use_home: UseHome, living: Living
) -> None:
    user = use_home(1)[0]
    _write(user.said["owner"], "before")
    _kill([living()["postgresql"]])
    async with open_engines(home, None, None) as urls:
        assert urls.database_url == user.said["database"]
        assert _notes(urls.owner_url) == ["before"]
    assert set(living()) == {"postgresql", "valkey"}
    user.finish()
    assert living() == {}


async def test_a_postmaster_killed_alone_leaves_no_child_that_blocks_the_next_start(
    home: Path, use_home: UseHome, living: Living
) -> None:
    user = use_home(1)[0]
    _write(user.said["owner"], "before")
    living()["postgresql"].kill()
    async with open_engines(home, None, None) as urls:
        assert _notes(urls.owner_url) == ["before"]


async def test_a_process_number_that_a_stranger_got_is_not_taken_for_the_server(
    home: Path, living: Living, stranger: psutil.Process
) -> None:
    async with open_engines(home, None, None) as urls:
        _write(urls.owner_url, "before")
        _kill(list(living().values()))
    for key in ("postgresql", "valkey"):
        record = engine_folder(home, key).path / "server.json"
        record.write_text(json.dumps(json.loads(record.read_text()) | {"pid": stranger.pid}))
    pid_file = home / "engines" / "postgresql" / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
    async with open_engines(home, None, None) as urls:
        assert _notes(urls.owner_url) == ["before"]
    assert stranger.is_running()


async def test_a_server_nobody_wrote_down_is_ended_before_another_starts(
    home: Path, use_home: UseHome, living: Living
) -> None:
    user = use_home(1)[0]
    _write(user.said["owner"], "before")
    user.kill()
    lost = living()
    for key in ("postgresql", "valkey"):
        (engine_folder(home, key).path / "server.json").unlink()
    async with open_engines(home, None, None) as urls:
        assert _notes(urls.owner_url) == ["before"]
        assert {process.pid for process in living().values()}.isdisjoint(process.pid for process in lost.values())


async def test_a_first_start_that_was_killed_half_way_begins_again(home: Path) -> None:
    folder = engine_folder(home, "postgresql")
    folder.make()
    folder.make_password()
    folder.unfinished.mkdir()
    (folder.unfinished / "PG_VERSION").write_text("18\n")
    async with open_engines(home, None, "redis://elsewhere/0") as urls:
        _write(urls.owner_url, "whole")
    assert not folder.unfinished.exists()


async def test_ctrl_c_in_the_terminal_does_not_reach_the_engines(home: Path, living: Living) -> None:
    async with open_engines(home, None, None):
        for process in living().values():
            assert os.getsid(process.pid) == process.pid
        assert all(status.running for status in await statuses(home))


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def _wait_for_file(path: Path) -> None:
    while not path.exists():
        time.sleep(0.001)


def _write(owner_url: str | None, note: str) -> None:
    """Commit one row."""
    assert owner_url is not None
    with psycopg.connect(owner_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (text TEXT NOT NULL)")
        connection.execute("INSERT INTO note VALUES (%s)", (note,))


def _notes(owner_url: str | None) -> list[str]:
    assert owner_url is not None
    with psycopg.connect(owner_url) as connection:
        return [row[0] for row in connection.execute("SELECT text FROM note ORDER BY text").fetchall()]


def _start_user(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(USER_PROGRAM), str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE_FOLDER)},
    )


def _first_line(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdout is not None
    line: dict[str, str] = json.loads(process.stdout.readline() or '{"refused": "it said nothing"}')
    return line


def _refusal(url: str) -> str:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError as error:
        return str(error)
    return ""


def _is_refused(client: redis.Redis) -> bool:
    try:
        client.ping()
    except redis.AuthenticationError:
        return True
    return False


def _kill(processes: list[psutil.Process]) -> None:
    """kill -9 of these and of every process they started."""
    family = [member for process in processes for member in (process, *process.children(recursive=True))]
    for member in family:
        with suppress(psutil.NoSuchProcess):  # a backend may be just ending by itself
            member.kill()
    psutil.wait_procs(family, timeout=30)
