"""Which user runs the engines: ourselves, or for root the owner of the home or an existing unprivileged account."""

import os
import pwd
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chimera.core.errors import EngineUnavailable

#: In this order; nobody is created. PostgreSQL needs a user with a name.
UNPRIVILEGED_NAMES = ("postgres", "_postgres", "nobody", "daemon")


@dataclass(frozen=True, slots=True)
class Account:
    """A user to become before an engine is executed."""

    name: str
    uid: int
    gid: int


def engine_account(home: Path) -> Account | None:
    """The account for engines of `home`; None means the engines run as the caller, who is not root.

    Raises:
        EngineUnavailable: root, and no unprivileged account exists.
    """
    if os.geteuid() != 0:
        return None
    return choose_account(_owner(home), _named, _numbered)


def choose_account(
    owner_uid: int, named: Callable[[str], Account | None], numbered: Callable[[int], Account | None]
) -> Account:
    """Root's choice: whoever owns the data already, otherwise the first unprivileged account that exists.

    Raises:
        EngineUnavailable: there is none.
    """
    if owner_uid != 0 and (owner := numbered(owner_uid)):
        return owner
    found = next((account for name in UNPRIVILEGED_NAMES if (account := named(name)) and account.uid != 0), None)
    if found is None:
        raise EngineUnavailable(
            "PostgreSQL refuses to run as root, and no unprivileged account exists "
            f"({', '.join(UNPRIVILEGED_NAMES)}): run Chimera as an ordinary user, or set DATABASE_URL and REDIS_URL"
        )
    return found


def give_to_owner(descriptor: int, folder: Path) -> None:
    """When root makes a file in somebody's folder it becomes theirs, so that they can go on without root."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def make_private_folder(folder: Path) -> None:
    """A folder for its owner's eyes only; made by root, it belongs to the owner of the folder above."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if folder.is_dir():
            return
        raise
    if os.geteuid() == 0:
        owner = folder.parent.stat()
        os.chown(folder, owner.st_uid, owner.st_gid)


def _owner(home: Path) -> int:
    """Who owns the data: the engines' data folders tell first, then the home itself; root if there is neither."""
    for folder in (home / "engines" / "postgresql" / "data", home / "engines" / "valkey" / "data", home):
        if folder.is_dir() and (uid := folder.stat().st_uid) != 0:
            return uid
    return 0


def _named(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _numbered(uid: int) -> Account | None:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
