"""One engine's folder in the home: its data, password, log, locks and the record of the server that runs."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from chimera.core.errors import EngineUnavailable
from chimera.storage.engines.account import Account, give_to_owner, make_private_folder

_LOG_BYTES_MAX = 1_000_000
_LOG_TAIL_BYTES = 20_000


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """The server last started here; whether it still lives is told by the locks and by its process."""

    pid: int
    port: int
    #: Started by `chimera engines start`: the last one out leaves it running.
    kept: bool


@dataclass(frozen=True, slots=True)
class EngineFolder:
    """`CHIMERA_HOME/engines/<engine>`."""

    path: Path

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def unfinished(self) -> Path:
        """Data being made for the first time; renamed to `data` when whole."""
        return self.path / "data.unfinished"

    @property
    def log(self) -> Path:
        return self.path / "server.log"

    @property
    def guard(self) -> Path:
        """Held while somebody starts, joins, leaves or stops."""
        return self.path / "guard.lock"

    @property
    def users(self) -> Path:
        """Held, shared, by every process that uses the server."""
        return self.path / "users.lock"

    @property
    def alive(self) -> Path:
        """Held by the server and its children themselves, through a file they inherit."""
        return self.path / "alive.lock"

    def make(self) -> None:
        """The folder, readable by its owner only; the home above it is made too if it is not there."""
        self.path.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_private_folder(self.path.parent)
        make_private_folder(self.path)

    def make_data_folder(self, path: Path, account: Account | None) -> None:
        """A private folder that the engine's account owns."""
        path.mkdir(mode=0o700, exist_ok=True)
        if account is not None:
            os.chown(path, account.uid, account.gid)

    def password(self) -> str | None:
        """The server's password, or None before the first start."""
        try:
            return (self.path / "password").read_text(encoding="ascii").strip() or None
        except FileNotFoundError:
            return None

    def make_password(self) -> str:
        """The password, drawn on first use; 256 bits, safe in a url."""
        existing = self.password()
        if existing is not None:
            return existing
        drawn = secrets.token_urlsafe(32)
        self._write("password", drawn)
        return drawn

    def mark(self) -> str:
        """What marks this home's processes on their command lines: a fingerprint of the password."""
        return "chimera-" + sha256((self.password() or "").encode()).hexdigest()[:12]

    def record(self) -> ServerRecord | None:
        """The last record; None if there is none or it can't be understood."""
        try:
            read = json.loads((self.path / "server.json").read_text(encoding="utf-8"))
            return ServerRecord(pid=int(read["pid"]), port=int(read["port"]), kept=bool(read["kept"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def write_record(self, record: ServerRecord) -> None:
        self._write("server.json", json.dumps(asdict(record)))

    def open_log(self) -> tuple[int, int]:
        """A descriptor to append to and where this start begins; a long log is put aside first, one at most."""
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES_MAX:
            self.log.replace(self.log.with_suffix(".log.1"))
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        give_to_owner(descriptor, self.path)
        return descriptor, os.fstat(descriptor).st_size

    def log_since(self, offset: int) -> str:
        """What was written since `offset`, its last 20 kB at most."""
        try:
            with self.log.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(offset, size - _LOG_TAIL_BYTES))
                return file.read(_LOG_TAIL_BYTES).decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def _write(self, name: str, text: str) -> None:
        """A private file that appears whole or not at all, owned by the folder's owner."""
        partial = self.path / f".{name}.{os.getpid()}"
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        give_to_owner(descriptor, self.path)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.path / name)


def engine_folder(home: Path, engine: str) -> EngineFolder:
    return EngineFolder(home / "engines" / engine)


def password_of(folder: EngineFolder, engine: str) -> str:
    """The password of data that exist.

    Raises:
        EngineUnavailable: the file is gone, so nobody can log in.
    """
    password = folder.password()
    if password is None:
        raise EngineUnavailable(
            f"{engine}'s data are there but its password file {folder.path / 'password'} is gone: restore it from a "
            "backup, or set CHIMERA_HOME to another folder to begin anew; nothing was deleted"
        )
    return password
