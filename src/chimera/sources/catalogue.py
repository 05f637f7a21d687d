"""From what a person types to an open source: `recorded`, or the path of a file."""

from pathlib import Path

from chimera.core.errors import ValidationFailed
from chimera.sources.file import FileSource
from chimera.sources.post import PostSource
from chimera.sources.recorded import RecordedSource


def open_source(name_or_path: str, columns: str | None = None) -> PostSource:
    """The source of that name. `columns` maps a file's columns: `time=created_utc,text=title`.

    Raises:
        SourceUnavailable: no such file, or unreadable. ValidationFailed: empty, or wrong columns.
    """
    if name_or_path == RecordedSource.name:
        if columns:
            raise ValidationFailed("the recorded sample has its own columns: leave --columns out", {"columns": columns})
        return RecordedSource()
    return FileSource(Path(name_or_path).expanduser(), columns)
