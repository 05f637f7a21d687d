"""What the lifecycle needs to know of an engine, whichever it is."""

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chimera.storage.engines.account import Account
from chimera.storage.engines.binaries import Executable, PackagedTree
from chimera.storage.engines.folder import EngineFolder
from chimera.storage.engines.process import Launch


class NotReady(Exception):
    """The engine does not answer yet; asking again later may help."""


@dataclass(frozen=True, slots=True)
class Site:
    """What one start has to work with; every process of the engine inherits the descriptor `alive`."""

    folder: EngineFolder
    executable: Executable
    account: Account | None
    alive: int


class Engine(Protocol):
    """A kind of server: how to find, prepare, start, ask and stop it."""

    #: Its folder's name in the home.
    key: str
    #: Its name in messages.
    title: str
    #: What its main process is called.
    process_names: frozenset[str]
    #: Signals that stop it and the seconds each is given, gentlest first.
    stop_steps: Sequence[tuple[signal.Signals, float]]

    def find(self) -> PackagedTree | Executable: ...

    def prepare(self, site: Site) -> None:
        """Make the data on first use, or refuse damaged ones; no server runs now."""
        ...

    def launch(self, site: Site, port: int, *, data: int, log: int) -> Launch:
        """How to execute the server; `data` is its data folder, open, and `log` where it writes."""
        ...

    def url(self, password: str, port: int) -> str:
        """What everything works with."""
        ...

    def owner_url(self, password: str, port: int) -> str:
        """What may change everything; the same where there is one login only."""
        ...

    def greet(self, password: str, port: int) -> None:
        """Log in and see that it works.

        Raises:
            NotReady: not yet.
            EngineUnavailable: it never will.
        """
        ...
