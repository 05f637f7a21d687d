"""Posts of a file that somebody brings: .csv, .csv.gz, .jsonl or .jsonl.gz, with a column mapping."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from chimera.core.errors import SourceUnavailable, ValidationFailed
from chimera.sources.columns import Columns, choose_columns, parse_mapping
from chimera.sources.post import PLAIN_FILE_PLATFORM, Post, Reading
from chimera.sources.reading import EARLIEST, LATEST, collect
from chimera.sources.rows import Row, csv_header, csv_rows, jsonl_header, jsonl_rows

NAME_CHARACTERS_MAX = 100
URL_CHARACTERS_MAX = 500
PATH_CHARACTERS_SHOWN = 200
_EARLIEST_SECONDS = EARLIEST.timestamp()
_LATEST_SECONDS = LATEST.timestamp()
_MILLISECONDS_FROM = 100_000_000_000
_SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")


class FileSource:
    """A file as a source of posts; opening it reads its header only."""

    kind: Literal["file"] = "file"

    def __init__(self, path: Path, columns: str | None = None) -> None:
        if not path.is_file():
            what = "that is no file" if path.exists() else "there is no such file"
            raise SourceUnavailable(
                f"{what}: {str(path)[:PATH_CHARACTERS_SHOWN]!r}. Give `recorded`, or the path of a "
                f"{', '.join(_SUFFIXES[:2])}, .jsonl or .jsonl.gz file",
                {"source": str(path)},
            )
        if not path.name.lower().endswith(_SUFFIXES):
            raise ValidationFailed(
                f"{path.name} is not a kind of file that can be imported: {', '.join(_SUFFIXES)}", {"source": str(path)}
            )
        self._path = path
        self._is_csv = ".csv" in path.name.lower() or ".tsv" in path.name.lower()
        self._header, self._delimiter = csv_header(path) if self._is_csv else (jsonl_header(path), "")
        self._columns = choose_columns(self._header, parse_mapping(columns or ""))

    @property
    def name(self) -> str:
        return self._path.name[:NAME_CHARACTERS_MAX]

    @property
    def label(self) -> str:
        return f"Imported file: {self.name}"

    @property
    def platform(self) -> str:
        """`reddit` where posts stand in subreddits, otherwise `file`."""
        return "reddit" if self._is_reddit else PLAIN_FILE_PLATFORM

    def end(self) -> datetime:
        """One second after the newest post.

        Raises:
            ValidationFailed: no row can be read.
        """
        newest = max((row.created for row in self._raw_posts(LATEST, LATEST) if row is not None), default=None)
        if newest is None:
            raise self._nothing_readable()
        return datetime.fromtimestamp(newest, UTC) + timedelta(seconds=1)

    def read(self, since: datetime, until: datetime) -> Reading:
        """Posts of the stretch; rows whose time or text can't be read are counted, not guessed.

        Raises:
            SourceUnavailable: unreadable. ValidationFailed: no readable row at all, or too many posts.
        """
        reading = collect(self._raw_posts(since, until), since, until)
        if reading.first_seen is None and reading.bad_rows:
            raise self._nothing_readable()
        return reading

    def spelling(self, words: tuple[str, ...]) -> str | None:  # noqa: ARG002 - the titles themselves show it
        return None

    @property
    def _is_reddit(self) -> bool:
        return (self._columns.community or "").lower() == "subreddit"

    def _raw_posts(self, since: datetime, until: datetime) -> Iterator[Post | None]:
        """Every row; of those outside the stretch (the gate drops them) only the time is read, which is quicker."""
        first, last = since.timestamp(), until.timestamp()
        rows = csv_rows(self._path, self._header, self._delimiter) if self._is_csv else jsonl_rows(self._path)
        time_column = self._columns.time
        for row in rows:
            created = None if row is None else parse_time(row.get(time_column, ""))
            if row is None or created is None:
                yield None
            elif first <= created < last:
                yield self._raw_post(row, created)
            else:
                yield Post(created, "", "", "", "", "", "")

    def _raw_post(self, row: Row, created: int) -> Post | None:
        columns = self._columns
        text = row.get(columns.text, "").strip()
        if not text:
            return None
        post_id = _cell(row, columns.id)
        url = _web_address(_cell(row, columns.url))
        if not url and self._is_reddit and post_id.isalnum():
            url = f"https://www.reddit.com/comments/{post_id}"
        return Post(created, _cell(row, columns.community), _cell(row, columns.author), post_id, url, text, "")

    def _nothing_readable(self) -> ValidationFailed:
        columns: Columns = self._columns
        return ValidationFailed(
            f"no row of {self.name} has a time in column {columns.time!r} (Unix seconds or ISO 8601, 1990 to 2100) and "
            f"a text in column {columns.text!r}: name the right ones with --columns time=..,text=..",
            {"source": self.name, "time": columns.time, "text": columns.text},
        )


def parse_time(text: str) -> int | None:
    """Unix seconds of a Unix time (seconds or milliseconds) or an ISO 8601 time (UTC where it names no zone)."""
    text = text.strip()
    try:
        seconds = float(text)
        seconds = seconds / 1000 if seconds >= _MILLISECONDS_FROM else seconds
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
            seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    return int(seconds) if _EARLIEST_SECONDS <= seconds < _LATEST_SECONDS else None


def _cell(row: Row, column: str | None) -> str:
    return row.get(column, "").strip()[:URL_CHARACTERS_MAX] if column else ""


def _web_address(text: str) -> str:
    if not text:
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in {"http", "https"} and parts.netloc and text.isprintable() and " " not in text else ""
