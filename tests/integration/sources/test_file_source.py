"""Files of all supported kinds, good ones and damaged ones."""

import csv
import gzip
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chimera.core.errors import SourceUnavailable, ValidationFailed
from chimera.sources.catalogue import open_source
from chimera.sources.rows import ROW_CHARACTERS_MAX

NOON = datetime(2013, 4, 8, 12, tzinfo=UTC)
ROWS = [
    {"created_utc": str(int((NOON + timedelta(minutes=n)).timestamp())), "subreddit": f"r{n}", "id": f"a{n}",
     "title": f"Margaret Thatcher, number {n}"}
    for n in range(4)
]  # fmt: skip


def as_csv(rows: list[dict[str, str]], delimiter: str = ",") -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_jsonl(rows: list[dict[str, str]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def read_all(path: Path, columns: str | None = None) -> list[str]:
    source = open_source(str(path), columns)
    return [post.id for post in source.read(NOON - timedelta(days=1), source.end()).posts]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("posts.csv", as_csv(ROWS).encode()),
        ("semicolon.csv", as_csv(ROWS, ";").encode()),
        ("mark.csv", b"\xef\xbb\xbf" + as_csv(ROWS).encode()),
        ("wide.csv", as_csv(ROWS).encode("utf-16")),
        ("old.csv", as_csv([{**row, "title": "café " + row["title"]} for row in ROWS]).encode("cp1252")),
        ("posts.csv.gz", gzip.compress(as_csv(ROWS).encode())),
        ("posts.tsv", as_csv(ROWS, "\t").encode()),
        ("posts.jsonl", as_jsonl(ROWS).encode()),
        ("posts.jsonl.gz", gzip.compress(as_jsonl(ROWS).encode())),
    ],
)
def test_every_supported_kind_of_file_gives_the_same_posts(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert read_all(path) == ["a0", "a1", "a2", "a3"]


def test_reddit_posts_get_their_real_address(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text(as_csv(ROWS))
    source = open_source(str(path))
    assert source.read(NOON, NOON + timedelta(hours=1)).posts[0].url == "https://www.reddit.com/comments/a0"
    assert source.platform == "reddit"


def test_bad_rows_are_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    bad = ["never,r,b1,no time\n", "1365422400,too short\n", f"1365422400,r,b2,{'x' * (2 * ROW_CHARACTERS_MAX)}\n"]
    path.write_text(as_csv(ROWS) + "".join(bad) + f"{ROWS[0]['created_utc']},r9,z9,the last one is good\n")
    reading = open_source(str(path)).read(NOON, NOON + timedelta(hours=1))
    assert sorted(post.id for post in reading.posts) == ["a0", "a1", "a2", "a3", "z9"]
    assert reading.bad_rows == 3


def test_json_lines_that_are_no_objects_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text('{"broken\n[1]\n' + "[" * 5000 + "\n" + as_jsonl(ROWS))
    assert open_source(str(path)).read(NOON, NOON + timedelta(hours=1)).bad_rows == 3


def test_a_missing_file_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="there is no such file"):
        open_source(str(tmp_path / "nothing.csv"))


@pytest.mark.parametrize("content", [gzip.compress(as_csv(ROWS).encode())[:-12], b"\x1f\x8bnot gzip at all"])
def test_a_damaged_archive_is_unavailable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "posts.csv.gz"
    path.write_bytes(content)
    with pytest.raises(SourceUnavailable, match="can't be read"):
        read_all(path)


@pytest.mark.parametrize(
    ("name", "content"), [("e.csv", ""), ("e.jsonl", ""), ("n.jsonl", "no json\n"), ("e.txt", "x")]
)
def test_an_empty_or_foreign_file_is_refused(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(ValidationFailed):
        open_source(str(path))


def test_a_file_without_one_readable_row_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("time,text\nsoon,hello\n")
    with pytest.raises(ValidationFailed, match="no row of posts"):
        open_source(str(path)).end()


def test_only_web_addresses_become_urls(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("time,text,url\n1365422400,a story here,javascript:alert(1)\n1365422401,b,https://example.org/b\n")
    posts = open_source(str(path)).read(NOON - timedelta(days=1), NOON + timedelta(days=1)).posts
    assert [post.url for post in posts] == ["", "https://example.org/b"]
