"""The source a process was given for as long as it runs: opened once, and again when its file has changed."""

import threading
from datetime import datetime
from pathlib import Path

from chimera.core.errors import SourceUnavailable
from chimera.sources.catalogue import open_source
from chimera.sources.post import PostSource
from chimera.sources.recorded import RecordedSource

_Stamp = tuple[int, int] | None


class StandingSource:
    """`recorded`, or the path of a file with its column mapping; looked at as of its newest post."""

    def __init__(self, name_or_path: str, columns: str | None = None) -> None:
        self._name_or_path = name_or_path
        self._columns = columns
        self._opened: tuple[_Stamp, PostSource, datetime] | None = None
        self._one_at_a_time = threading.Lock()

    def current(self) -> tuple[PostSource, datetime]:
        """The source as it is now, and the moment just after its newest post; the same object while it is unchanged.

        Raises:
            SourceUnavailable, ValidationFailed: it can't be read.
        """
        with self._one_at_a_time:
            stamp = self._stamp()
            if self._opened is None or self._opened[0] != stamp:
                source = open_source(self._name_or_path, self._columns)
                self._opened = (stamp, source, source.end())
            return self._opened[1], self._opened[2]

    def _stamp(self) -> _Stamp:
        if self._name_or_path == RecordedSource.name:
            return None
        try:
            found = Path(self._name_or_path).expanduser().stat()
        except OSError as error:
            raise SourceUnavailable(
                f"the source is gone ({error.strerror}): give `chimera serve --source` another", {}
            ) from error
        return found.st_mtime_ns, found.st_size
