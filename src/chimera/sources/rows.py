"""Rows of a .csv or .jsonl file (plain or gzipped), each bounded in size; what can't be read comes out as None."""

import csv
import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from chimera.core.errors import SourceUnavailable, ValidationFailed

ROW_CHARACTERS_MAX = 64 * 1024
ROWS_MAX = 20_000_000
COLUMNS_MAX = 500
_PROBE_BYTES = 64 * 1024

Row = dict[str, str]


@contextmanager
def open_text(path: Path) -> Iterator[IO[str]]:
    """The file as text: UTF-8 (with or without mark) or UTF-16 by its mark, otherwise Windows-1252.

    Raises:
        SourceUnavailable: it can't be opened or unpacked.
    """
    try:
        encoding = _encoding(_probe(path))
        with (
            gzip.open(path, "rt", encoding=encoding, errors="replace", newline="")
            if _is_gzip(path)
            else path.open(encoding=encoding, errors="replace", newline="")
        ) as text:
            yield text
    except (OSError, EOFError, gzip.zlib.error) as error:  # type: ignore[attr-defined]
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise SourceUnavailable(
            f"{path.name} can't be read ({reason}): check the path and that the file is complete", {"path": str(path)}
        ) from error


def csv_header(path: Path) -> tuple[list[str], str]:
    """The header of a .csv file and its delimiter (comma, semicolon, tab or bar).

    Raises:
        SourceUnavailable: unreadable. ValidationFailed: empty, or no header.
    """
    with open_text(path) as text:
        line = text.readline(ROW_CHARACTERS_MAX)
    if not line.strip():
        raise ValidationFailed(f"{path.name} is empty: it needs a header and rows", {"path": str(path)})
    delimiter = max(",;\t|", key=line.count)
    try:
        header = next(csv.reader([line], delimiter=delimiter))
    except (csv.Error, StopIteration) as error:
        raise ValidationFailed(f"{path.name} does not start with a CSV header", {"path": str(path)}) from error
    if len(header) > COLUMNS_MAX:
        raise ValidationFailed(f"{path.name} has more than {COLUMNS_MAX} columns", {"path": str(path)})
    return header, delimiter


def csv_rows(path: Path, header: list[str], delimiter: str) -> Iterator[Row | None]:
    """Every row under the header; one that is broken, too long or too short is None."""
    with open_text(path) as text:
        text.readline(ROW_CHARACTERS_MAX)
        reader = csv.reader(_bounded_lines(text), delimiter=delimiter)
        for _ in range(ROWS_MAX):
            try:
                cells = next(reader, None)
            except csv.Error:
                yield None
                continue
            if cells is None:
                return
            if cells:
                yield dict(zip(header, cells, strict=True)) if len(cells) == len(header) else None


def jsonl_header(path: Path) -> list[str]:
    """The names of the first readable object of a .jsonl file.

    Raises:
        SourceUnavailable: unreadable. ValidationFailed: no object in the first 1,000 lines.
    """
    for number, row in enumerate(jsonl_rows(path)):
        if row:
            return list(row)
        if number >= 1_000:
            break
    raise ValidationFailed(
        f"{path.name} holds no JSON object: it needs one object a line, each with a time and a text",
        {"path": str(path)},
    )


def jsonl_rows(path: Path) -> Iterator[Row | None]:
    """Every object, its values as text; a line that is no object is None."""
    with open_text(path) as text:
        for _, line in zip(range(ROWS_MAX), _bounded_lines(text), strict=False):
            if line.strip():
                yield _json_row(line)


def _json_row(line: str) -> Row | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or len(found) > COLUMNS_MAX:
        return None
    return {name: "" if value is None else str(value) for name, value in found.items()}


def _bounded_lines(text: IO[str]) -> Iterator[str]:
    """Lines of at most 65,536 characters; of a longer one only a blank mark of its place is kept."""
    while line := text.readline(ROW_CHARACTERS_MAX):
        if len(line) < ROW_CHARACTERS_MAX or line.endswith("\n"):
            yield line
            continue
        while (rest := text.readline(ROW_CHARACTERS_MAX)) and not rest.endswith("\n"):
            pass
        yield "\x00 too long\n"


def _probe(path: Path) -> bytes:
    with gzip.open(path, "rb") if _is_gzip(path) else path.open("rb") as data:
        return data.read(_PROBE_BYTES)


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as data:
        return data.read(2) == b"\x1f\x8b"


def _encoding(probe: bytes) -> str:
    if probe.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        probe[: max(0, len(probe) - 3) if len(probe) == _PROBE_BYTES else None].decode("utf-8")
    except UnicodeDecodeError as error:
        # A cut character at the probe's end is no sign of another encoding.
        if error.end < len(probe) - 3:
            return "cp1252"
    return "utf-8-sig"
