"""Pure choices: whose account, which arguments, which configuration."""

from pathlib import Path

import pytest

from chimera.core.errors import EngineUnavailable
from chimera.storage.engines.account import Account, choose_account
from chimera.storage.engines.folder import EngineFolder, ServerRecord
from chimera.storage.engines.postgresql import data_argument, initdb_options
from chimera.storage.engines.valkey import configuration

NOBODY = Account("nobody", 65534, 65534)
POSTGRES = Account("postgres", 101, 101)
ADA = Account("ada", 1000, 1000)


def _nobody_known(name: str | int) -> None:
    """A machine without accounts."""


def test_root_becomes_the_owner_of_the_data() -> None:
    assert choose_account(1000, {"nobody": NOBODY}.get, {1000: ADA}.get) == ADA


def test_root_on_its_own_home_becomes_the_first_account_that_exists() -> None:
    assert choose_account(0, {"nobody": NOBODY, "postgres": POSTGRES}.get, _nobody_known) == POSTGRES


def test_an_account_that_is_root_by_another_name_is_not_taken() -> None:
    named = {"postgres": Account("postgres", 0, 0), "nobody": NOBODY}
    assert choose_account(0, named.get, _nobody_known) == NOBODY


def test_without_any_account_root_is_told_what_to_do() -> None:
    with pytest.raises(EngineUnavailable, match="run Chimera as an ordinary user"):
        choose_account(0, _nobody_known, _nobody_known)


def test_an_ordinary_user_s_server_is_told_its_folder_by_name() -> None:
    assert data_argument(Path("/home/ada/data"), 5, None) == "/home/ada/data"


@pytest.mark.parametrize(("major", "builtin"), [(14, False), (16, False), (17, True), (18, True)])
def test_the_builtin_locale_is_asked_for_where_the_version_has_it(major: int, builtin: bool) -> None:
    options = initdb_options("data", major, 3)
    assert ("--locale-provider=builtin" in options) == builtin
    assert "--auth=scram-sha-256" in options


def test_valkey_listens_on_loopback_with_a_password_and_never_evicts() -> None:
    lines = configuration("secret", "chimera-mark", 7000).splitlines()
    assert {
        "bind 127.0.0.1",
        "port 7000",
        "requirepass secret",
        "appendonly yes",
        "maxmemory-policy noeviction",
    } <= set(lines)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"pid": "x", "port": 1, "kept": true}'])
def test_a_record_that_can_not_be_understood_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "server.json").write_text(content)
    assert EngineFolder(tmp_path).record() is None


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    EngineFolder(tmp_path).write_record(ServerRecord(7, 5432, kept=True))
    assert EngineFolder(tmp_path).record() == ServerRecord(7, 5432, kept=True)


def test_the_password_is_private_kept_and_marks_the_home(tmp_path: Path) -> None:
    folder = EngineFolder(tmp_path)
    password = folder.make_password()
    assert folder.make_password() == password
    assert (tmp_path / "password").stat().st_mode & 0o777 == 0o600
    assert password not in folder.mark()


def test_a_long_log_is_put_aside(tmp_path: Path) -> None:
    import os

    folder = EngineFolder(tmp_path)
    folder.log.write_bytes(b"x" * 2_000_000)
    descriptor, begin = folder.open_log()
    os.close(descriptor)
    assert begin == 0
    assert folder.log.with_suffix(".log.1").stat().st_size == 2_000_000
