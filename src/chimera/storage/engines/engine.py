"""What the lifecycle needs to know of an engine, whichever it is."""

import signal
from collections.abc import Sequence
from typing import Protocol

from chimera.storage.engines.account import Account
from chimera.storage.engines.binaries import Executable, PackagedTree
from chimera.storage.engines.folder import EngineFolder


class NotReady(Exception):
    """The engine does not answer yet; asking again later may help."""


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

    def prepare(self, folder: EngineFolder, executable: Executable, account: Account | None, alive: int) -> None:
        """Make the data on first use, or refuse damaged ones; no server runs now.

        `alive` is the descriptor that every process of the engine inherits.
        """
        ...

    def launch(
        self, folder: EngineFolder, executable: Executable, account: Account | None, port: int
    ) -> tuple[Sequence[str], bytes]:
        """The server's arguments and standard input."""
        ...

    def url(self, password: str, port: int) -> str: ...

    def greet(self, password: str, port: int) -> None:
        """Log in and see that it works.

        Raises:
            NotReady: not yet.
            EngineUnavailable: it never will.
        """
        ...
