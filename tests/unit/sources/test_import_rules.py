"""Column names and times of files that somebody brings."""

import pytest

from chimera.core.errors import ValidationFailed
from chimera.sources.columns import choose_columns, parse_mapping
from chimera.sources.file import parse_time


def test_common_column_names_are_recognised_in_any_case() -> None:
    columns = choose_columns(["Created_UTC", "Title", "subreddit", "id"], {})
    assert (columns.time, columns.text, columns.community, columns.id) == ("Created_UTC", "Title", "subreddit", "id")
    assert columns.author is None


def test_a_mapping_names_columns_of_any_name() -> None:
    columns = choose_columns(["wann", "was"], parse_mapping("time=wann, text=was"))
    assert (columns.time, columns.text) == ("wann", "was")


@pytest.mark.parametrize("mapping", ["time", "time=", "when=created", "=x"])
def test_a_mapping_that_is_none_is_refused(mapping: str) -> None:
    with pytest.raises(ValidationFailed, match="column mapping"):
        parse_mapping(mapping)


@pytest.mark.parametrize(("header", "mapping"), [(["a", "b"], ""), (["time", "text"], "text=nope"), (["time"], "")])
def test_missing_columns_are_refused_with_the_columns_there_are(header: list[str], mapping: str) -> None:
    with pytest.raises(ValidationFailed, match=r"the file's columns are: .*--columns"):
        choose_columns(header, parse_mapping(mapping))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1365422400", 1365422400),
        ("1365422400.9", 1365422400),
        ("1365422400000", 1365422400),
        ("2013-04-08T12:00:00Z", 1365422400),
        ("2013-04-08 12:00", 1365422400),
        ("2013-04-08T14:00:00+02:00", 1365422400),
        ("nan", None),
        ("inf", None),
        ("-5", None),
        ("yesterday", None),
        ("9999-12-31T23:59:59-23:00", None),
        ("", None),
    ],
)
def test_times_are_unix_or_iso_within_reason(text: str, seconds: int | None) -> None:
    assert parse_time(text) == seconds
